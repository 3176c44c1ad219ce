import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Collected, collect } from '../../src/connectors/collect/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { fileSink, files } from '../../src/connectors/files/index.ts';
import { sqliteSink } from '../../src/connectors/sqlite/index.ts';
import type { JobResult } from '../../src/coordinator/job-result.ts';
import {
  boundedOutOfOrderness,
  count,
  type DataStream,
  mapState,
  type Source,
  type StreamEnvironment,
  tumbling,
  type ValueState,
  valueState,
} from '../../src/index.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import type { System } from '../../src/sys/system.ts';
import { type DeadLetter, type RunOptions, runJob } from '../../src/testing/index.ts';

let baseDirectory = '';
beforeEach(() => {
  baseDirectory = mkdtempSync(join(tmpdir(), 'millrace-bad-'));
});
afterEach(() => rmSync(baseDirectory, { recursive: true, force: true }));
const put = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(baseDirectory, name), content);

interface Outcome {
  readonly result: JobResult;
  readonly values: readonly unknown[];
  readonly letters: readonly DeadLetter[];
}

const run = async (
  build: (env: StreamEnvironment) => DataStream<unknown>,
  options: RunOptions = {},
): Promise<Outcome> => {
  const collected = new Collected<unknown>();
  const letters: DeadLetter[] = [];
  const result = await runJob((env) => void build(env).sinkTo(collect(collected)), {
    baseDirectory,
    onDeadLetter: (letter) => void letters.push(letter),
    ...options,
  });
  return { result, values: collected.values, letters };
};

/** What every error of this page has: a code, a sentence, and what to do. */
const expectClear = (error: unknown, message: RegExp): void => {
  expect(error).toMatchObject({
    name: 'MillraceError',
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(/\w+ \w+/) as string,
  });
};

/** Runs a source under each policy: it fails clearly, or goes on with the good records and a letter for each bad one. */
const expectPolicies = async (
  source: () => Source<unknown>,
  expected: { readonly message: RegExp; readonly good: readonly unknown[]; readonly bad: number },
): Promise<readonly DeadLetter[]> => {
  const job = (env: StreamEnvironment): DataStream<unknown> => env.fromSource(source());
  const failed = await run(job);
  expect(failed.result.state).toBe('failed');
  expectClear(failed.result.error, expected.message);
  const dropped = await run(job, { deadLetterPolicy: 'drop' });
  expect([dropped.result.state, dropped.letters.length]).toEqual(['finished', 0]);
  expect(dropped.values).toEqual(expected.good);
  const kept = await run(job, { deadLetterPolicy: 'deadLetter' });
  expect(kept.values).toEqual(expected.good);
  expect(kept.letters).toHaveLength(expected.bad);
  for (const { reason, where } of kept.letters) {
    expect(reason).toMatch(expected.message);
    expect(where).toContain('in.');
  }
  return kept.letters;
};

describe('input that cannot be read', () => {
  const ndjson = (): Source<unknown> => files({ path: 'in.ndjson', format: 'ndjson' });

  it('is malformed NDJSON', async () => {
    put('in.ndjson', '{"n":1}\n{"n":\nnot json\n{"n":2}\n');
    const good = [{ n: 1 }, { n: 2 }];
    const letters = await expectPolicies(ndjson, { message: /JSON/, good, bad: 2 });
    expect(letters.map(({ record }) => record)).toEqual(['{"n":', 'not json']);
  });

  it('is malformed CSV: a wrong number of columns', async () => {
    put('in.csv', 'n,city\n1,Kyiv\n2\n3,Oslo,x\n4,Lima\n');
    const good = [
      { n: 1, city: 'Kyiv' },
      { n: 4, city: 'Lima' },
    ];
    const csv = (): Source<unknown> => files({ path: 'in.csv', format: 'csv', types: { n: 'number' } });
    await expectPolicies(csv, { message: /columns|fields|values/, good, bad: 2 });
  });

  it('is malformed CSV: a number that is none, and a quote that never ends', async () => {
    put('in.csv', 'n,city\nten,Kyiv\n4,"Lima\n');
    const csv = (): Source<unknown> => files({ path: 'in.csv', format: 'csv', types: { n: 'number' } });
    await expectPolicies(csv, { message: /number|quote/, good: [], bad: 2 });
  });

  it('is not UTF-8', async () => {
    const bytes = new TextEncoder().encode('{"n":1}\n{"n":"?"}\n{"n":2}\n');
    bytes[bytes.indexOf(0x3f)] = 0xff;
    put('in.ndjson', bytes);
    await expectPolicies(ndjson, { message: /UTF-8/, good: [{ n: 1 }, { n: 2 }], bad: 1 });
  });

  it('is a line of 100 MB, of which little is kept in memory', async () => {
    const file = openSync(join(baseDirectory, 'in.ndjson'), 'w');
    writeSync(file, '{"n":1}\n"');
    const mebibyte = Buffer.alloc(2 ** 20, 'x');
    for (let written = 0; written < 100; written++) writeSync(file, mebibyte);
    writeSync(file, '"\n{"n":2}\n');
    closeSync(file);
    const before = process.memoryUsage().rss;
    const letters = await expectPolicies(ndjson, { message: /bytes/, good: [{ n: 1 }, { n: 2 }], bad: 1 });
    // A record may have 1 MiB; of a longer one only its beginning is kept.
    expect(String(letters[0]?.record).length).toBeLessThan(2 * 2 ** 20);
    expect(process.memoryUsage().rss - before).toBeLessThan(80 * 2 ** 20);
  });
});

describe('keys called __proto__', () => {
  it('are fields like any other, of records and of state', async () => {
    put('in.ndjson', '{"__proto__":{"admin":true},"n":1}\n{"__proto__":"x","n":2}\n');
    const counts = mapState<string, number>('counts');
    const { result, values } = await run((env) => {
      let state:
        | { put(key: string, value: number): void; entries(): Iterable<readonly [string, number]> }
        | undefined;
      return env
        .fromSource(files<{ n: number }>({ path: 'in.ndjson', format: 'ndjson' }))
        .map((record) => ({ ...record, seen: true }))
        .keyBy(() => '__proto__')
        .process<unknown>({
          open: (context) => {
            state = context.state(counts);
          },
          process: (record, { key }, output) => {
            state?.put('__proto__', record.n);
            output.emit([key, Object.keys(record), [...(state?.entries() ?? [])]]);
          },
        });
    });
    expect(result.state).toBe('finished');
    expect(values).toEqual([
      ['__proto__', ['__proto__', 'n', 'seen'], [['__proto__', 1]]],
      ['__proto__', ['__proto__', 'n', 'seen'], [['__proto__', 2]]],
    ]);
    expect('admin' in {}).toBe(false);
  });

  it('survive a way between slots', async () => {
    const records = Array.from(
      { length: 20 },
      (_, n) => JSON.parse(`{"__proto__":${n},"n":${n}}`) as { n: number },
    );
    const { values } = await run(
      (env) =>
        env
          .fromSource(collection(records))
          .rebalance()
          .map((record) => Object.entries(record)),
      { parallelism: 3 },
    );
    expect(values).toHaveLength(20);
    for (const value of values)
      expect(value).toMatchObject([
        ['__proto__', expect.any(Number)],
        ['n', expect.any(Number)],
      ]);
  });
});

describe('timestamps that cannot be', () => {
  const bad: readonly (readonly [string, unknown])[] = [
    ['NaN', Number.NaN],
    ['negative', -1],
    ['of the year 9999', Date.UTC(9999, 5, 1)],
    ['infinite', Number.POSITIVE_INFINITY],
    ['a text', '2026-01-01'],
    ['missing', undefined],
  ];
  const windows =
    (time: unknown) =>
    (env: StreamEnvironment): DataStream<unknown> =>
      env
        .fromSource(
          collection([{ time: 1000 }, { time: time as number }, { time: 2000 }]),
          boundedOutOfOrderness<{ time: number }>('1s').withTimestamps('time'),
        )
        .windowAll(tumbling('10s'))
        .aggregate({ n: count() });

  it.each(bad)('are refused: %s', async (_name, time) => {
    const { result } = await run(windows(time));
    expect(result.state).toBe('failed');
    expectClear(result.error, /timestamp .* cannot be used as event time/);
  });

  it.each(bad)('make dead letters and spoil nothing: %s', async (_name, time) => {
    const { result, values, letters } = await run(windows(time), { deadLetterPolicy: 'deadLetter' });
    expect(result.state).toBe('finished');
    expect(values).toEqual([{ windowStart: 0, windowEnd: 10_000, n: 2 }]);
    expect(letters).toHaveLength(1);
  });
});

describe('a record on which a function throws', () => {
  const total = valueState<number>('total', { default: 0 });
  const summing = (env: StreamEnvironment): DataStream<unknown> => {
    let state: ValueState<number, number> | undefined;
    return env
      .fromSource(collection([1, 2, 13, 4]))
      .keyBy(() => 'all')
      .process<number>({
        open: (context) => {
          state = context.state(total);
        },
        process: (n, { timers }, output) => {
          state?.update((state.value() ?? 0) + n);
          output.emit(state?.value() ?? 0);
          timers.registerEventTimeTimer(n);
          if (n === 13) throw new Error('unlucky');
        },
        onTimer: (timeMs, _context, output) => output.emit(-timeMs),
      })
      .name('summing');
  };

  it('fails the job, with the function, its line and the record', async () => {
    const { result } = await run(summing);
    expect(result.state).toBe('failed');
    expectClear(result.error, /The transform “summing” failed on a record: unlucky/);
    const { where } = result.error as { readonly where: Readonly<Record<string, string>> };
    expect(where['record']).toBe('13');
    expect(where['at']).toMatch(/bad-input\.test\.ts:\d+:\d+/);
  });

  it('is a dead letter that leaves nothing: no result, no state, no timer', async () => {
    const { values, letters } = await run(summing, { deadLetterPolicy: 'deadLetter' });
    expect(values).toEqual([1, 3, 7, -1, -2, -4]);
    expect(letters).toMatchObject([{ transform: 'summing', reason: 'unlucky', record: 13 }]);
  });

  it('is left out without a trace when told so', async () => {
    const { values, letters } = await run(summing, { deadLetterPolicy: 'drop' });
    expect([values, letters]).toEqual([[1, 3, 7, -1, -2, -4], []]);
  });
});

/** The real machine with a disk that fails. */
const withDisk = (change: Partial<System['files']>): System => {
  const system = createNodeSystem();
  return { ...system, files: { ...system.files, ...change } };
};
const platformError = (code: string, message: string): Error =>
  Object.assign(new Error(`${code}: ${message}`), { code });

describe('a disk', () => {
  it('that is full fails the job by name, and no half file becomes visible', async () => {
    const real = createNodeSystem().files;
    const system = withDisk({
      open: (path, mode) => ({
        ...wrap(real.open(path, mode)),
        write: () => {
          throw platformError('ENOSPC', 'no space left on device');
        },
      }),
    });
    const result = await runJob(
      (env) =>
        void env.fromSource(collection([1, 2])).sinkTo(fileSink({ directory: 'out', format: 'ndjson' })),
      { baseDirectory, system },
    );
    expect(result.state).toBe('failed');
    expectClear(result.error, /no space left|disk is full/i);
    expect(real.list(join(baseDirectory, 'out')).filter((name) => !name.startsWith('.'))).toEqual([]);
  });

  it('that cannot hold a database says which file', async () => {
    put('taken', 'a file where a folder should be');
    const result = await runJob(
      (env) =>
        void env
          .fromSource(collection([{ n: 1 }]))
          .sinkTo(sqliteSink({ file: 'taken/out.sqlite', table: 'rows', key: ['n'] })),
      { baseDirectory },
    );
    expect(result.state).toBe('failed');
    expectClear(result.error, /out\.sqlite/);
  });

  it('with a file that may not be read says which', async () => {
    put('in.ndjson', '{"n":1}\n');
    const real = createNodeSystem().files;
    const system = withDisk({
      open: (path, mode) => {
        if (path.endsWith('in.ndjson')) throw platformError('EACCES', `permission denied, open '${path}'`);
        return real.open(path, mode);
      },
    });
    const { result } = await run((env) => env.fromSource(files({ path: 'in.ndjson', format: 'ndjson' })), {
      system,
    });
    expect(result.state).toBe('failed');
    expectClear(result.error, /in\.ndjson/);
    expectClear(result.error, /permission|may not|not be read|EACCES/i);
  });
});

/** The methods of an open file, bound, so that one can be replaced. */
const wrap = (file: ReturnType<System['files']['open']>): typeof file => ({
  read: (target, offset, length, position) => file.read(target, offset, length, position),
  write: (bytes) => file.write(bytes),
  sync: () => file.sync(),
  syncSoon: () => file.syncSoon(),
  status: () => file.status(),
  close: () => file.close(),
});

describe('a job that asks for what is not there', () => {
  it('is told that a glob matches nothing', async () => {
    const { result } = await run((env) => env.fromSource(files({ path: 'logs/*.ndjson', format: 'ndjson' })));
    expect(result.state).toBe('failed');
    expectClear(result.error, /logs\/\*\.ndjson/);
  });

  it('is told that there is no such kind of state', async () => {
    const { result } = await run((env) =>
      env
        .fromSource(collection([1]))
        .keyBy((n) => n)
        .process({
          open: (context) => void context.state({ kind: 'queue', name: 'waiting' } as never),
          process: () => undefined,
        }),
    );
    expect(result.state).toBe('failed');
    expectClear(result.error, /“waiting” is of the unknown kind “queue”/);
  });

  it('is told that state is asked for too late, or without a key', async () => {
    const late = await run((env) => {
      let ask: (() => unknown) | undefined;
      return env
        .fromSource(collection([1]))
        .keyBy((n) => n)
        .process({
          open: (context) => {
            ask = () => context.state(valueState('late'));
          },
          process: () => void ask?.(),
        });
    });
    expectClear(late.result.error, /“late” after its open/);
    const keyless = await run((env) =>
      env.fromSource(collection([1])).process({
        open: (context) => void context.state(valueState('keyless')),
        process: () => undefined,
      }),
    );
    expectClear(keyless.result.error, /“keyless”, but its input has no keys/);
  });

  it('is told that a function must not return a promise', async () => {
    const lazy = (n: number): number => Promise.resolve(n) as unknown as number;
    const { result } = await run((env) => env.fromSource(collection([1])).map(lazy));
    expectClear(result.error, /promise/);
  });

  it('is told that a value cannot be a record', async () => {
    const { result } = await run((env) =>
      env
        .fromSource(collection([1]))
        .process<unknown>({ process: (_n, _context, output) => output.emit(() => 'a function') }),
    );
    expectClear(result.error, /function/);
  });
});
