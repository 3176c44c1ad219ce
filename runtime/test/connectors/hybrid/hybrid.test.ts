import { describe, expect, it } from 'vitest';
import type { Source } from '../../../src/api/connectors.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import { files } from '../../../src/connectors/files/index.ts';
import { generator } from '../../../src/connectors/generator/index.ts';
import { hybrid } from '../../../src/connectors/hybrid/index.ts';
import { SourceRun } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('the hybrid source', () => {
  it('begins a source only when every subtask has finished the one before', async () => {
    const source = hybrid(collection(numbers(0, 9000)), collection(numbers(9000, 10)));
    const run = await new SourceRun(source, new TestSystem(), { parallelism: 3 }).open();
    for (let i = 0; i < 40; i++) run.poll(i % 2);
    expect(Math.max(...run.values())).toBeLessThan(9000);
    expect(await run.runToEnd()).toBe('end');
    expect(
      run
        .values()
        .slice(-10)
        .sort((a, b) => a - b),
    ).toEqual(numbers(9000, 10));
    expect(run.values().length).toBe(9010);
    await run.close();
  });

  it('is as endless as its last source', () => {
    const bounded = collection([1]);
    const endless = generator({ generate: (i) => i });
    expect(hybrid(bounded, bounded).boundedness).toBe('bounded');
    expect(hybrid(bounded, endless).boundedness).toBe('endless');
    expect(hybrid(bounded, endless).kind).toBe('hybrid(collection, generator)');
  });

  it('refuses an endless source before another', () => {
    const endless = generator({ generate: (i) => i });
    expect(() => hybrid(endless, collection([1]))).toThrowError(
      expect.objectContaining({
        code: 'job-invalid',
        message:
          'hybrid() got an endless source (generator, number 1) before its last: nothing would come after it.',
      }),
    );
  });

  it('selects fields when all of its sources can', () => {
    const file = files({ path: 'x', format: 'ndjson' });
    expect(hybrid(file, file).withFields?.(['a'])).toBeDefined();
    expect(hybrid(file, collection<Record<string, unknown>>([])).withFields).toBeUndefined();
  });

  /** A source whose enumerator and readers take their time to start. */
  const slow = (values: readonly number[], gate: Promise<void>): Source<number> => {
    const source = collection(values) as Source<number>;
    return {
      ...source,
      createEnumerator: (context, restored) => {
        const enumerator = source.createEnumerator(context, restored);
        return { ...enumerator, start: () => gate };
      },
      createReader: (context) => ({ ...source.createReader(context), open: () => gate }),
    };
  };

  it('waits for sources that start later, and a snapshot meanwhile loses nothing', async () => {
    const test = new TestSystem();
    let openGate = (): void => {};
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    const source = hybrid(collection([1, 2]) as Source<number>, slow([3, 4], gate));
    const run = await new SourceRun(source, test, { parallelism: 2 }).open();
    expect(await run.runToEnd()).toBe('waiting');
    const restored = run.snapshot();
    expect(run.values().sort()).toEqual([1, 2]);
    openGate();
    for (let turn = 0; turn < 20 && (await run.runToEnd()) === 'waiting'; turn++) await gate;
    expect(run.values().sort()).toEqual([1, 2, 3, 4]);
    await run.close();

    const second = await new SourceRun(source, test, { parallelism: 1, restored }).open();
    for (let turn = 0; turn < 20 && (await second.runToEnd()) === 'waiting'; turn++) await gate;
    expect(second.values().sort()).toEqual([3, 4]);
    await second.close();
  });

  it('fails the job when the next source cannot start', async () => {
    const test = new TestSystem();
    const source = hybrid(collection<unknown>([1]), files<unknown>({ path: 'none/*', format: 'ndjson' }));
    const run = await new SourceRun(source, test).open();
    await expect(run.runToEnd()).rejects.toThrow(
      'No file matches none/*: the directory /base/none does not exist.',
    );
    await run.close();
  });
});
