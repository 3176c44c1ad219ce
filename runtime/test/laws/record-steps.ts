/** Steps that look at one record at a time, and steps that only move records. */
import fc from 'fast-check';
import { boundedOutOfOrderness, type Collector, type DataStream, lit, outputTag } from 'millrace';
import { type Item, keyNumber } from './items.ts';
import { perRecord, type Step } from './step.ts';

const small = fc.integer({ min: 2, max: 7 });

const mapStep = small.map((factor) => {
  const change = (item: Item): Item => ({ ...item, n: (item.n * factor + 3) % 1009 });
  return perRecord(
    `map ${factor}`,
    (stream) => stream.map(change),
    (item) => [change(item)],
  );
});

const wrapStep = fc.constant(
  perRecord(
    'map: another payload',
    (stream) => stream.map(({ n, time, payload }) => ({ key: n % 3, n, time, payload: { was: payload } })),
    ({ n, time, payload }) => [{ key: n % 3, n, time, payload: { was: payload } }],
  ),
);

const filterStep = small.map((divisor) =>
  perRecord(
    `filter ${divisor}`,
    (stream) => stream.filter(({ n }) => n % divisor !== 1),
    (item) => (item.n % divisor === 1 ? [] : [item]),
  ),
);

const copies = ({ n, ...rest }: Item): readonly Item[] =>
  Array.from({ length: n % 3 }, (_, copy) => ({ n: (n + copy * 11) % 1009, ...rest }));

const emitCopies = (item: Item, output: Collector<Item>): void => {
  for (const copy of copies(item)) output.emit(copy);
};

const flatMapStep = fc.constant(perRecord('flatMap', (stream) => stream.flatMap<Item>(emitCopies), copies));

const laterStep = small.map(
  (seconds): Step => ({
    name: `flatMap: ${seconds} s later`,
    apply: (stream) =>
      stream
        .process<Item>({
          process: (item, { timestampMs = NaN }, output) => output.emit(item, timestampMs + seconds * 1000),
        })
        .name(`later ${seconds}`),
    model: (records) =>
      records.map(({ item, timestampMs }) => ({ item, timestampMs: timestampMs + seconds * 1000 })),
  }),
);

const whereStep = small.map((least) =>
  perRecord(
    `where ${least}`,
    (stream) => stream.where((item) => item.n.ge(least).or(item.n.eq(0))),
    (item) => (item.n >= least || item.n === 0 ? [item] : []),
  ),
);

const selectStep = small.map((factor) =>
  perRecord(
    `select ${factor}`,
    (stream) =>
      stream.select((item) => ({
        key: item.n.mod(factor),
        n: item.n.mul(factor).add(1).mod(1009),
        time: item.time,
        payload: lit('chosen'),
      })),
    ({ n, time }) => [{ key: n % factor, n: (n * factor + 1) % 1009, time, payload: 'chosen' }],
  ),
);

const odd = outputTag<Item>('odd');
const sideStep = fc.constant(
  perRecord(
    'side output',
    (stream) => {
      const split = stream.process<Item>({
        process: (item, context, output) =>
          item.n % 2 === 0 ? output.emit(item) : context.emitTo(odd, item),
      });
      return split.union(split.sideOutput(odd).map((item) => ({ ...item, key: 'odd' })));
    },
    (item) => [item.n % 2 === 0 ? item : { ...item, key: 'odd' }],
  ),
);

const diamondStep = small.map((divisor) =>
  perRecord(
    `diamond ${divisor}`,
    (stream) =>
      stream
        .filter(({ n }) => n % divisor === 0)
        .union(
          stream.map((item) => ({ ...item, key: keyNumber(item.n) })),
          stream.filter(({ n }) => n > 900),
        ),
    (item) => [
      ...(item.n % divisor === 0 ? [item] : []),
      { ...item, key: keyNumber(item.n) },
      ...(item.n > 900 ? [item] : []),
    ],
  ),
);

const later = (turns: number): Promise<void> =>
  turns === 0
    ? Promise.resolve()
    : new Promise((resolve) => setImmediate(resolve)).then(() => later(turns - 1));

const asyncIn = (order: 'ordered' | 'unordered'): Step =>
  perRecord(
    `${order} async`,
    (stream) =>
      stream.flatMapAsync<Item>({
        order,
        capacity: 3,
        call: async (item) => {
          await later(item.n % 3);
          return copies(item);
        },
      }),
    copies,
  );
const orderedAsyncStep = fc.constant(asyncIn('ordered'));
const asyncStep = fc.constantFrom(asyncIn('ordered'), asyncIn('unordered'));
/** Behind a keyBy what is in flight belongs to the state of its key, and moves with it. */
const keyedAsyncStep = fc.constantFrom(asyncIn('ordered'), asyncIn('unordered')).map(
  (step): Step => ({
    ...step,
    name: `keyed ${step.name}`,
    apply: (stream, world) => step.apply(stream.keyBy('key'), world),
  }),
);

const lookupStep = fc.integer({ min: 0, max: 4 }).map((cacheSize) =>
  perRecord(
    `lookup with a cache of ${cacheSize}`,
    (stream) =>
      stream.lookup({
        key: (item: Item) => item.n % 7,
        cacheSize,
        load: (key) => Promise.resolve(key === 3 ? undefined : key + 100),
        join: (item, found) => ({ ...item, n: found ?? 0 }),
      }),
    (item) => [{ ...item, n: item.n % 7 === 3 ? 0 : (item.n % 7) + 100 }],
  ),
);

const moves: Readonly<Record<string, (stream: DataStream<Item>) => DataStream<Item>>> = {
  rebalance: (stream) => stream.rebalance(),
  rescale: (stream) => stream.rescale(),
  global: (stream) => stream.global(),
  custom: (stream) => stream.partitionCustom(({ n }, parallelism) => n % parallelism),
  'new chain': (stream) => stream.map((item) => item).startNewChain(),
  'no chain': (stream) => stream.map((item) => item).disableChaining(),
  'one subtask': (stream) => stream.map((item) => item).setParallelism(1),
  'new watermarks': (stream) =>
    stream.assignTimestampsAndWatermarks(
      boundedOutOfOrderness<Item>('1h').withTimestamps(({ n }) => 100_000 + n),
    ),
};
const moveStep = fc.constantFrom(...Object.keys(moves)).map(
  (name): Step => ({
    name,
    apply: (stream) => (moves[name] as (typeof moves)[string])(stream),
    model: (records) =>
      name === 'new watermarks'
        ? records.map(({ item }) => ({ item, timestampMs: 100_000 + item.n }))
        : records,
  }),
);

const connectStep = fc.constantFrom('map', 'flatMap', 'process').map((how) => {
  const one = (item: Item): Item => ({ ...item, n: item.n + 1 });
  const two = (item: Item): Item => ({ ...item, n: item.n + 2 });
  const apply: Step['apply'] = (stream) => {
    const both = stream.connect(stream.filter(({ n }) => n % 2 === 0));
    if (how === 'map') return both.map({ map1: one, map2: two });
    const first = (item: Item, output: Collector<Item>): void => output.emit(one(item));
    const second = (item: Item, output: Collector<Item>): void => output.emit(two(item));
    if (how === 'flatMap') return both.flatMap<Item>({ flatMap1: first, flatMap2: second });
    return both.process<Item>({
      process1: (item, _context, output) => first(item, output),
      process2: (item, _context, output) => second(item, output),
    });
  };
  return perRecord(`connect and ${how}`, apply, (item) => [
    one(item),
    ...(item.n % 2 === 0 ? [two(item)] : []),
  ]);
});

/** Steps without memory. */
export const recordStep: fc.Arbitrary<Step> = fc.oneof(
  mapStep,
  wrapStep,
  filterStep,
  flatMapStep,
  laterStep,
  whereStep,
  selectStep,
  sideStep,
  diamondStep,
  asyncStep,
  keyedAsyncStep,
  lookupStep,
  moveStep,
  connectStep,
);

/** Those that keep the order of a stream. Each gives one transform, so that its parallelism can be told. */
export const linearStep: fc.Arbitrary<Step> = fc.oneof(
  mapStep,
  wrapStep,
  filterStep,
  flatMapStep,
  laterStep,
  whereStep,
  selectStep,
  lookupStep,
  orderedAsyncStep,
);
