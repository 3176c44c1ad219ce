import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FileSplit,
  type FilesOptions,
  type FilesState,
  files,
} from '../../../src/connectors/files/index.ts';
import { SourceRun, type SourceSnapshot } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

type Run = SourceRun<{ n: number }, FileSplit, FilesState>;

const follow = async (
  test: TestSystem,
  options: Partial<FilesOptions<{ n: number }>> = {},
  restored?: SourceSnapshot<FileSplit, FilesState>,
  parallelism: number = 1,
): Promise<Run> => {
  const source = files<{ n: number }>({ path: 'log/app.log*', format: 'ndjson', follow: true, ...options });
  return new SourceRun(source, test, { parallelism, ...(restored === undefined ? {} : { restored }) }).open();
};

/** Lets time pass and reads what there is. */
const pass = async (run: Run, test: TestSystem, byMs: number): Promise<number[]> => {
  await run.runToEnd();
  for (let passedMs = 0; passedMs < byMs; passedMs += 100) {
    test.manual.advance(100);
    await run.runToEnd();
  }
  return run.values().map(({ n }) => n);
};

const lines = (...numbers: number[]): string => numbers.map((n) => `{"n":${n}}\n`).join('');

describe('a followed file', () => {
  it('gives lines as they are written and never ends', async () => {
    const test = new TestSystem();
    test.files.put('/base/log/app.log', lines(1, 2));
    const run = await follow(test);
    expect(await pass(run, test, 0)).toEqual([1, 2]);
    test.files.append('/base/log/app.log', lines(3));
    expect(await pass(run, test, 200)).toEqual([1, 2, 3]);
    expect(await run.runToEnd()).toBe('waiting');
    await run.close();
    expect(test.manual.pendingTimers).toBe(0);
    expect(test.files.openCount).toBe(0);
  });

  it('waits for the end of a line that is half written', async () => {
    const test = new TestSystem();
    test.files.put('/base/log/app.log', '{"n":1}\n{"n"');
    const run = await follow(test);
    expect(await pass(run, test, 500)).toEqual([1]);
    test.files.append('/base/log/app.log', ':2}\n');
    expect(await pass(run, test, 200)).toEqual([1, 2]);
    await run.close();
  });

  it('is read to its end after it was rotated away, and the new file from its start', async () => {
    const test = new TestSystem();
    test.files.put('/base/log/app.log', lines(1));
    const run = await follow(test);
    await pass(run, test, 0);
    test.files.rename('/base/log/app.log', '/base/log/app.log.1');
    test.files.append('/base/log/app.log.1', lines(2));
    test.files.put('/base/log/app.log', lines(10));
    await pass(run, test, 1500);
    test.files.append('/base/log/app.log.1', lines(3));
    test.files.append('/base/log/app.log', lines(11));
    expect((await pass(run, test, 1000)).sort((a, b) => a - b)).toEqual([1, 2, 3, 10, 11]);
    await run.close();
  });

  it('is let go some time after its name was taken, and its last line needs no end then', async () => {
    const test = new TestSystem();
    test.files.put('/base/log/app.log', `${lines(1)}{"n":2}`);
    const run = await follow(test, { path: 'log/app.log' });
    await pass(run, test, 0);
    expect(run.openSplits.size).toBe(1);
    test.files.rename('/base/log/app.log', '/base/old.log');
    expect(await pass(run, test, 4000)).toEqual([1]);
    expect(await pass(run, test, 2000)).toEqual([1, 2]);
    expect(run.openSplits.size).toBe(0);
    expect(test.files.openCount).toBe(0);
    await run.close();
  });

  it('is read again from its start when it was truncated', async () => {
    const test = new TestSystem();
    test.files.put('/base/log/app.log', lines(1, 2, 3));
    const run = await follow(test);
    await pass(run, test, 0);
    test.files.truncate('/base/log/app.log', lines(4));
    expect(await pass(run, test, 300)).toEqual([1, 2, 3, 4]);
    test.files.append('/base/log/app.log', lines(5));
    expect(await pass(run, test, 300)).toEqual([1, 2, 3, 4, 5]);
    expect(test.logged.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'A followed file was truncated; it is read again from its start.'],
    ]);
    await run.close();
  });

  it('keeps its columns when a CSV file is truncated and written anew', async () => {
    const test = new TestSystem();
    test.files.put('/base/log/app.log', 'n,m\n1,x\n2,x\n');
    const run = await follow(test, { format: 'csv', types: { n: 'number' } });
    await pass(run, test, 0);
    test.files.truncate('/base/log/app.log', 'm,n\ny,3\n');
    expect(await pass(run, test, 300)).toEqual([1, 2, 3]);
    await run.close();
  });

  it('may appear later, with others, and all are shared out', async () => {
    const test = new TestSystem();
    test.files.makeDirectory('/base/log');
    const run = await follow(test, { path: 'log/*.log' }, undefined, 2);
    expect(await pass(run, test, 2000)).toEqual([]);
    for (let i = 0; i < 4; i++) test.files.put(`/base/log/${i}.log`, lines(i));
    expect((await pass(run, test, 1500)).sort()).toEqual([0, 1, 2, 3]);
    expect(new Set(run.records.map(({ subtask }) => subtask))).toEqual(new Set([0, 1]));
    await run.close();
  });

  it('is refused at once when its directory does not exist', async () => {
    await expect(follow(new TestSystem())).rejects.toThrow('the directory /base/log does not exist');
  });

  it('is passed over with a warning when it is compressed', async () => {
    const test = new TestSystem();
    test.files.put('/base/log/app.log.2.gz', new Uint8Array([0x1f, 0x8b, 8, 0]));
    test.files.put('/base/log/app.log', lines(1));
    const run = await follow(test);
    expect(await pass(run, test, 2000)).toEqual([1]);
    expect(test.logged.map(({ message }) => message)).toEqual([
      'A compressed file is passed over: only plain files can be followed.',
    ]);
    await run.close();
  });

  it('is found again under its new name when it was rotated while the job stood still', async () => {
    const test = new TestSystem();
    test.files.put('/base/log/app.log', lines(1, 2));
    const first = await follow(test, { path: 'log/app.log' });
    await pass(first, test, 0);
    const snapshot = first.snapshot();
    await first.close();
    test.files.append('/base/log/app.log', lines(3));
    test.files.rename('/base/log/app.log', '/base/log/app.log.1');
    test.files.put('/base/log/app.log', lines(4));
    const second = await follow(test, { path: 'log/app.log' }, snapshot);
    expect((await pass(second, test, 7000)).sort()).toEqual([3, 4]);
    expect(second.openSplits.size).toBe(1);
    await second.close();
  });

  it('that is gone after a restart is told about as lost', async () => {
    const test = new TestSystem();
    test.files.put('/base/log/app.log', lines(1, 2));
    const first = await follow(test);
    await pass(first, test, 0);
    const snapshot = first.snapshot();
    await first.close();
    test.files.remove('/base/log/app.log');
    const second = await follow(test, {}, snapshot);
    expect(await pass(second, test, 1000)).toEqual([]);
    expect(test.logged).toMatchObject([
      {
        level: 'error',
        message: 'A followed file is gone; what was not read of it is lost.',
        fields: { position: 16 },
      },
    ]);
    await second.close();
  });

  it('gives every line once over any sequence of writing, rotating, waiting and restarting', async () => {
    const step = fc.constantFrom('write', 'half', 'rotate', 'wait', 'restart', 'restart at two');
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const test = new TestSystem();
      let next = 0;
      let rest = '';
      let rotations = 0;
      test.files.put('/base/log/app.log', '');
      let run = await follow(test);
      const kept: number[] = [];
      for (const action of [...steps, 'write', 'wait']) {
        if (action === 'write') {
          test.files.append('/base/log/app.log', rest === '' ? lines(next++) : rest);
          rest = '';
        } else if (action === 'half' && rest === '') {
          const line = lines(next++);
          test.files.append('/base/log/app.log', line.slice(0, 4));
          rest = line.slice(4);
        } else if (action === 'rotate' && rest === '') {
          test.files.rename('/base/log/app.log', `/base/log/app.log.${++rotations}`);
          test.files.put('/base/log/app.log', '');
        } else if (action === 'wait') await pass(run, test, 1500);
        else if (action.startsWith('restart')) {
          const snapshot = run.snapshot();
          kept.push(...run.values().map(({ n }) => n));
          await pass(run, test, 300);
          await run.close();
          run = await follow(test, {}, snapshot, action === 'restart' ? 1 : 2);
        }
      }
      const all = [...kept, ...(await pass(run, test, 1500))].sort((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: next }, (_, i) => i));
      await run.close();
      expect(test.files.openCount).toBe(0);
    });
    await fc.assert(property, { numRuns: 60, seed: 17 });
  });
});
