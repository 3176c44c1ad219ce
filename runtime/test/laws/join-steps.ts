/** Steps that bring a stream together with another one, said as nested loops. */
import fc from 'fast-check';
import { type IntervalOptions, type JoinType, type ListState, listState } from 'millrace';
import { byKey, type Item, items, pairOf, summary, type Timed, timed } from './items.ts';
import type { Step } from './step.ts';
import { keyText } from './text.ts';
import { windowCase } from './windows.ts';

const keyOf = ({ n, key }: Item): unknown => (n % 2 === 0 ? key : n % 5);
const other = items(15);

/** A record of either side, in windows of both. */
interface Sided {
  readonly isLeft: boolean;
  readonly record: Timed;
}

const sidesOf = (left: readonly Timed[], right: readonly Timed[]): readonly Sided[] => [
  ...left.map((record) => ({ isLeft: true, record })),
  ...right.map((record) => ({ isLeft: false, record })),
];

const windowJoinStep = fc.tuple(other, windowCase, fc.boolean()).map(
  ([right, window, coGroups]): Step => ({
    name: `${coGroups ? 'coGroup' : 'join'} in windows ${window.name} with ${right.length}`,
    apply: (stream, world) => {
      if (coGroups) {
        return stream
          .coGroup(world.source(right))
          .where(keyOf)
          .equalTo(keyOf)
          .window(window.assigner)
          .apply<Item>((lefts, rights, output) =>
            output.emit(summary([...lefts, ...rights], lefts.length, rights.length)),
          );
      }
      return stream
        .join(world.source(right))
        .where(keyOf)
        .equalTo(keyOf)
        .window(window.assigner)
        .apply((one, two) => pairOf(one, two));
    },
    model: (left) =>
      byKey(sidesOf(left, timed(right)), ({ record }) => keyOf(record.item)).flatMap((ofKey) => {
        const sideOf = new Map(ofKey.map(({ isLeft, record }) => [record, isLeft]));
        return window.panes(ofKey.map(({ record }) => record)).flatMap(({ records, endMs }) => {
          const lefts = records.filter((record) => sideOf.get(record) === true).map(({ item }) => item);
          const rights = records.filter((record) => sideOf.get(record) === false).map(({ item }) => item);
          const made = coGroups
            ? [summary([...lefts, ...rights], lefts.length, rights.length)]
            : lefts.flatMap((one) => rights.map((two) => pairOf(one, two)));
          return made.map((item) => ({ item, timestampMs: endMs - 1 }));
        });
      }),
  }),
);

/** Distances that items have, so that some lie exactly at a bound. */
const bound = fc.constantFrom(-4000, -1000, -500, -1, 0, 1, 499, 500, 1000, 3000, 7000);
const intervalOptions: fc.Arbitrary<Required<IntervalOptions<JoinType>>> = fc.record({
  type: fc.constantFrom<JoinType>('inner', 'left', 'right', 'full'),
  lowerInclusive: fc.boolean(),
  upperInclusive: fc.boolean(),
});

const intervalJoinStep = fc
  .tuple(other, bound, bound, intervalOptions)
  .filter(([, one, two]) => one !== two)
  .map(([right, one, two, options]): Step => {
    const lowerMs = Math.min(one, two);
    const upperMs = Math.max(one, two);

    const { type, lowerInclusive, upperInclusive } = options;
    const isIn = (left: Timed, at: Timed): boolean => {
      const apartMs = at.timestampMs - left.timestampMs;
      const above = lowerInclusive ? apartMs >= lowerMs : apartMs > lowerMs;
      return above && (upperInclusive ? apartMs <= upperMs : apartMs < upperMs);
    };
    return {
      name: `${type} join within ${lowerInclusive ? '[' : '('}${lowerMs}, ${upperMs}${upperInclusive ? ']' : ')'} with ${right.length}`,
      apply: (stream, world) =>
        stream
          .keyBy(keyOf)
          .intervalJoin(world.source(right).keyBy(keyOf))
          .between(lowerMs, upperMs, options)
          .apply((left, found) => pairOf(left, found)),
      model: (lefts) => {
        const rights = timed(right);
        const isPair = (left: Timed, found: Timed): boolean =>
          keyText(keyOf(left.item)) === keyText(keyOf(found.item)) && isIn(left, found);
        const pairs = lefts.flatMap((left) =>
          rights
            .filter((found) => isPair(left, found))
            .map((found) => ({
              item: pairOf(left.item, found.item),
              timestampMs: Math.max(left.timestampMs, found.timestampMs),
            })),
        );
        const lonelyLefts = lefts
          .filter((left) => !rights.some((found) => isPair(left, found)))
          .map(({ item, timestampMs }) => ({ item: pairOf(item, undefined), timestampMs }));
        const lonelyRights = rights
          .filter((found) => !lefts.some((left) => isPair(left, found)))
          .map(({ item, timestampMs }) => ({ item: pairOf(undefined, item), timestampMs }));
        return [
          ...pairs,
          ...(type === 'left' || type === 'full' ? lonelyLefts : []),
          ...(type === 'right' || type === 'full' ? lonelyRights : []),
        ];
      },
    };
  });

/** Both sides in the state of one key; what was there is told when event time has passed all of it. */
const coProcessStep = other.map((right): Step => {
  const endMs = 1_000_000;
  return {
    name: `keyed connect with ${right.length}`,
    apply: (stream, world) => {
      let all: ListState<Item> | undefined;
      return stream
        .keyBy(keyOf)
        .connect(world.source(right).keyBy(keyOf))
        .process<Item>({
          open: (context) => {
            all = context.state(listState<Item>('all'));
          },
          process1: (item, { timers }) => {
            all?.add(item);
            timers.registerEventTimeTimer(endMs);
          },
          process2: (item, { timers }) => {
            all?.add({ ...item, n: item.n + 1000 });
            timers.registerEventTimeTimer(endMs);
          },
          onTimer: (_timeMs, _context, output) => output.emit(summary(all?.get() ?? [], endMs)),
        });
    },
    model: (left) =>
      byKey(sidesOf(left, timed(right)), ({ record }) => keyOf(record.item)).map((ofKey) => ({
        item: summary(
          ofKey.map(({ isLeft, record: { item } }) => (isLeft ? item : { ...item, n: item.n + 1000 })),
          endMs,
        ),
        timestampMs: endMs,
      })),
  };
});

const unionStep = other.map(
  (right): Step => ({
    name: `union with ${right.length}`,
    apply: (stream, world) => stream.union(world.source(right)),
    model: (left) => [...left, ...timed(right)],
  }),
);

export const joinStep: fc.Arbitrary<Step> = fc.oneof(
  windowJoinStep,
  intervalJoinStep,
  coProcessStep,
  unionStep,
);
