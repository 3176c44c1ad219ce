import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TwoPhaseSinkWriter } from '../../../src/api/connectors.ts';
import { fileSink, files, type SealedPart } from '../../../src/connectors/files/index.ts';
import { nodeFiles } from '../../../src/sys/node-files.ts';
import { openWriter, rowBatch, sinkContext } from '../support/sink-run.ts';
import { SourceRun } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

let directory: string;
let test: TestSystem;
const at = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-'));
  test = new TestSystem();
  Object.assign(test.system, { files: nodeFiles });
});
afterEach(() => rmSync(directory, { recursive: true }));

const lines = (from: number, count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `${JSON.stringify({ n: from + i, text: 'é'.repeat(i % 20) })}\n`,
  ).join('');

const readAll = async (
  options: Partial<Parameters<typeof files>[0]>,
  parallelism: number = 1,
): Promise<number[]> => {
  const source = files<{ n: number }>({ path: 'in/*', format: 'ndjson', ...(options as object) });
  const run = await new SourceRun(source, test, { baseDirectory: directory, parallelism }).open();
  await run.runToEnd();
  await run.close();
  return run
    .values()
    .map(({ n }) => n)
    .sort((a, b) => a - b);
};

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('files on a real disk', () => {
  it('are read whole, plain and compressed, by several subtasks', async () => {
    mkdirSync(at('in'));
    writeFileSync(at('in/a.ndjson'), lines(0, 5000));
    writeFileSync(at('in/b.ndjson.gz'), gzipSync(lines(5000, 5000)));
    expect(await readAll({ splitBytes: 10_000 }, 3)).toEqual(numbers(10_000));
  });

  it('that are hidden are passed over by a glob', async () => {
    mkdirSync(at('in'));
    writeFileSync(at('in/a'), lines(0, 1));
    writeFileSync(at('in/.part-0.ndjson.inprogress'), lines(1, 1));
    expect(await readAll({})).toEqual([0]);
  });

  it('that cannot be opened are named', async () => {
    mkdirSync(at('in/x'), { recursive: true });
    await expect(readAll({ path: 'in/x' })).rejects.toThrow(`${at('in/x')} is a directory, not a file.`);
    await expect(readAll({ path: 'in/y' })).rejects.toThrow(`The file ${at('in/y')} does not exist.`);
    await expect(readAll({ path: 'in/x/z/*' })).rejects.toThrow(
      `the directory ${at('in/x/z')} does not exist`,
    );
  });

  it('are followed through writing, rotation and truncation', async () => {
    mkdirSync(at('log'));
    writeFileSync(at('log/app.log'), lines(0, 3));
    const source = files<{ n: number }>({ path: 'log/app.log*', format: 'ndjson', follow: true });
    const run = await new SourceRun(source, test, { baseDirectory: directory }).open();
    const pass = async (byMs: number): Promise<number[]> => {
      await run.runToEnd();
      for (let passedMs = 0; passedMs < byMs; passedMs += 100) {
        test.manual.advance(100);
        await run.runToEnd();
      }
      return run
        .values()
        .map(({ n }) => n)
        .sort((a, b) => a - b);
    };
    expect(await pass(0)).toEqual(numbers(3));
    appendFileSync(at('log/app.log'), lines(3, 2));
    expect(await pass(300)).toEqual(numbers(5));
    renameSync(at('log/app.log'), at('log/app.log.1'));
    writeFileSync(at('log/app.log'), lines(5, 2));
    appendFileSync(at('log/app.log.1'), lines(7, 1));
    expect(await pass(1500)).toEqual(numbers(8));
    truncateSync(at('log/app.log'), 0);
    expect(await pass(300)).toEqual(numbers(8));
    appendFileSync(at('log/app.log'), lines(8, 1));
    expect(await pass(300)).toEqual(numbers(9));
    rmSync(at('log/app.log.1'));
    appendFileSync(at('log/app.log'), lines(9, 1));
    expect(await pass(7000)).toEqual(numbers(10));
    expect(run.openSplits.size).toBe(1);
    await run.close();
  });

  it('written by the sink are read back by the source', async () => {
    const sink = fileSink({ directory: 'in', format: 'ndjson', roll: { records: 700 } });
    const writer = await openWriter(sink, test, { baseDirectory: directory });
    for (let i = 0; i < 5; i++) writer.write(rowBatch(numbers(1000).map((n) => ({ n: n + i * 1000 }))));
    expect(readdirSync(at('in')).filter((name) => !name.startsWith('.')).length).toBe(7);
    await writer.flush();
    await writer.close();
    expect(readdirSync(at('in')).length).toBe(8);
    expect(await readAll({})).toEqual(numbers(5000));
  });

  it('are made visible by renaming, in directories that the sink makes', async () => {
    const sink = fileSink<{ kind: string }>({ directory: 'deep/er', format: 'csv', partitionBy: 'kind' });
    const writer = await openWriter(sink, test, { baseDirectory: directory });
    writer.write(rowBatch([{ kind: 'a/b' }, { kind: 'ü' }]));
    await writer.flush();
    await writer.close();
    expect(readdirSync(at('deep/er')).sort()).toEqual(['kind=a%2Fb', 'kind=ü']);
    const [name] = readdirSync(at('deep/er/kind=ü')) as [string];
    expect(readFileSync(at(`deep/er/kind=ü/${name}`), 'utf8')).toBe('kind\nü\n');
  });

  it('cannot be written below something that is a file, and that is said', async () => {
    writeFileSync(at('plain'), '');
    const sink = fileSink({ directory: 'plain/out', format: 'ndjson' });
    await expect(openWriter(sink, test, { baseDirectory: directory })).rejects.toThrow(
      `Cannot make the directory ${at('plain/out')}: a part of its path is a file, not a directory.`,
    );
  });

  it.runIf(existsSync('/dev/full'))('on a full disk fail with its code', () => {
    const file = nodeFiles.open('/dev/full', 'append');
    expect(() => file.write(new Uint8Array(10))).toThrowError(expect.objectContaining({ code: 'ENOSPC' }));
    file.close();
  });
});

describe('the file sink on a real disk', () => {
  it('commits what a process before it has prepared, and removes what that has left behind', async () => {
    const sink = fileSink<{ readonly n: number }>({ directory: 'out', format: 'ndjson', partitionBy: 'n' });
    const place = { baseDirectory: directory, checkpoints: true };
    const writer = (await openWriter(sink, test, place)) as TwoPhaseSinkWriter<SealedPart>;
    writer.write(rowBatch([{ n: 1 }]));
    const prepared = await writer.prepare(1);
    writer.write(rowBatch([{ n: 2 }]));
    const committer = sink.createCommitter(sinkContext(test, { ...place, attempt: 2 }));
    for (const part of prepared) await committer.commit(part);
    await committer.abortOlder?.(2);
    expect(readdirSync(at('out/n=1'))).toEqual([expect.stringMatching(/^part-0-1-/)]);
    expect(readdirSync(at('out/n=2'))).toEqual([]);
    await writer.close();
  });
});
