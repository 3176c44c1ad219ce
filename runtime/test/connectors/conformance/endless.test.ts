import { describe, expect, it } from 'vitest';
import type { Source } from '../../../src/api/connectors.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import { files } from '../../../src/connectors/files/index.ts';
import { generator } from '../../../src/connectors/generator/index.ts';
import { hybrid } from '../../../src/connectors/hybrid/index.ts';
import { rateLimit } from '../../../src/connectors/rate-limit/index.ts';
import { SourceRun, type SourceSnapshot } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

interface Numbered {
  readonly n: number;
}

interface EndlessCase {
  readonly name: string;
  create(): Source<Numbered>;
  /** Lets the world bring another record, if it does not by itself. */
  bring(test: TestSystem, n: number): void;
}

const log = '/base/log/app.log';
const append = (test: TestSystem, n: number): void => test.files.append(log, `{"n":${n}}\n`);
const byItself = (): void => {};
const followed = (): Source<Numbered> =>
  files<Numbered>({ path: 'log/app.log', format: 'ndjson', follow: { poll: '50ms' } }) as Source<Numbered>;
const generated = (recordsPerSecond: number): Source<Numbered> =>
  generator({ recordsPerSecond, generate: (n) => ({ n }) }) as Source<Numbered>;

const endlessCases: readonly EndlessCase[] = [
  { name: 'a generator with a rate', create: () => generated(100), bring: byItself },
  {
    name: 'a generator with a rate limit',
    create: () => rateLimit(generated(1e6), { recordsPerSecond: 100 }),
    bring: byItself,
  },
  { name: 'a followed file', create: followed, bring: append },
  {
    name: 'a followed file with a rate limit',
    create: () => rateLimit(followed(), { recordsPerSecond: 1e4 }),
    bring: append,
  },
  {
    name: 'a chain that ends in a followed file',
    create: () => hybrid(collection([{ n: -1 }, { n: -2 }]) as Source<Numbered>, followed()),
    bring: append,
  },
];

const machine = (): TestSystem => {
  const test = new TestSystem();
  test.files.put(log, '');
  return test;
};

describe.each(endlessCases)('as every source without an end, $name', ({ create, bring }) => {
  it('gives what comes, sleeps in between with few timers, and never says that it has ended', async () => {
    const test = machine();
    const run = await new SourceRun(create(), test, { parallelism: 2 }).open();
    expect(create().boundedness).toBe('endless');
    for (let n = 0; n < 20; n++) {
      bring(test, n);
      test.manual.advance(200);
      expect(await run.runToEnd()).toBe('waiting');
      // A look for new files, and a wait for each reader.
      expect(test.manual.pendingTimers).toBeGreaterThan(0);
      expect(test.manual.pendingTimers).toBeLessThanOrEqual(3);
    }
    const numbers = run.values().map(({ n }) => n);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (let n = 0; n < 20; n++) expect(numbers).toContain(n);
    await run.close();
    expect([test.files.openCount, test.manual.pendingTimers, run.openSplits.size]).toEqual([0, 0, 0]);
  });

  it('goes on behind a snapshot with what it had not given, and only that', async () => {
    const test = machine();
    const kept: number[] = [];
    let restored: SourceSnapshot<unknown, unknown> | undefined;
    for (let attempt = 0; attempt < 4; attempt++) {
      const settings = restored === undefined ? {} : { restored };
      const run = await new SourceRun(create(), test, { parallelism: 1 + (attempt % 2), ...settings }).open();
      for (let i = 0; i < 5; i++) {
        bring(test, attempt * 5 + i);
        test.manual.advance(200);
        await run.runToEnd();
      }
      restored = run.snapshot();
      kept.push(...run.values().map(({ n }) => n));
      // What is read behind the snapshot is lost with the attempt.
      test.manual.advance(100);
      await run.runToEnd();
      await run.close();
    }
    expect(new Set(kept).size).toBe(kept.length);
    for (let n = 0; n < 20; n++) expect(kept).toContain(n);
  });

  it('wakes its task when there is something again', async () => {
    const test = machine();
    const run = await new SourceRun(create(), test).open();
    for (let i = 0; i < 3; i++) {
      test.manual.advance(200);
      await run.runToEnd();
    }
    const { wakes } = run;
    const { length } = run.records;
    bring(test, 1000);
    // A rate limit lets a whole batch pass and then waits until its time is over.
    test.manual.advance(60_000);
    expect(run.wakes).toBeGreaterThan(wakes);
    expect(await run.runToEnd()).toBe('waiting');
    expect(run.records.length).toBeGreaterThan(length);
    await run.close();
  });
});
