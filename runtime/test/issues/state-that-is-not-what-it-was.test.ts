import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointSchema } from '../../src/contract/checkpoint.ts';
import { openLocalState } from '../../src/coordinator/local-state.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { manifestOf } from '../checkpoint/entries.ts';

const system = createNodeSystem();

const open = (baseDirectory: string, maxParallelism?: number) =>
  openLocalState({
    system,
    checkpoint: checkpointSchema.parse({ store: { directory: 'state' } }),
    jobName: 'clicks',
    runtimeVersion: '0',
    artifact: 'none',
    revision: 'one',
    baseDirectory,
    environment: {},
    maxParallelism,
  });

describe('a job whose state is not what it was does not begin without it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-not-what-it-was-'));
  let root: string;
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    const { state, close } = await open(folder);
    await state.log.claim();
    const { jobUid } = state.base;
    await state.log.publish(manifestOf(1, { jobUid, maxParallelism: 64 }));
    await close();
    root = join(folder, 'state/jobs', state.base.jobUid);
  });

  it('has as many key groups as it was created with, when its manifest names no number', async () => {
    const { maxParallelism, close } = await open(folder);
    await close();
    expect(maxParallelism).toBe(64);
  });

  it('is refused another number of key groups: the job failed again and again by state that looked damaged', async () => {
    await expect(open(folder, 128)).rejects.toMatchObject({
      code: 'job-invalid',
      message: 'The state of the job “clicks” is split into 64 key groups, and spec.maxParallelism is 128.',
      hint: expect.stringContaining('Set spec.maxParallelism to 64') as string,
    });
  });

  it('is refused when an entry of its log is of a newer version, which is named', async () => {
    const log = join(root, 'log');
    const newest = join(log, `${Math.max(...readdirSync(log).map(Number))}`);
    const before = readFileSync(newest);
    writeFileSync(newest, before.toString('utf8').replace('millrace-log 1', 'millrace-log 2'));
    await expect(open(folder)).rejects.toThrow(/version 2|format 2/);
    writeFileSync(newest, before);
  });

  it('is refused when an entry of its log is damaged, which is named', async () => {
    const log = join(root, 'log');
    const newest = `${Math.max(...readdirSync(log).map(Number))}`;
    const before = readFileSync(join(log, newest));
    writeFileSync(join(log, newest), before.subarray(0, -3));
    await expect(open(folder)).rejects.toMatchObject({
      where: { key: expect.stringContaining(`log/${newest}`) as string },
    });
    writeFileSync(join(log, newest), before);
  });

  it('is refused the log of another job', async () => {
    const log = join(root, 'log');
    const newest = `${Math.max(...readdirSync(log).map(Number))}`;
    const name = join(folder, 'state/names/local/clicks/1');
    expect(existsSync(name)).toBe(true);
    const before = readFileSync(join(log, newest));
    writeFileSync(
      join(log, newest),
      before.toString('utf8').replaceAll(/"jobUid":"[0-9a-f]+"/g, '"jobUid":"another"'),
    );
    await expect(open(folder)).rejects.toMatchObject({
      where: { key: expect.stringContaining(`log/${newest}`) as string },
    });
    writeFileSync(join(log, newest), before);
  });

  it('does not begin anew when its log is gone and something of its state is there', async () => {
    rmSync(join(root, 'log'), { recursive: true });
    mkdirSync(join(root, 'state/1/1'), { recursive: true });
    writeFileSync(join(root, 'state/1/1/0-0'), 'something');
    await expect(open(folder)).rejects.toThrow('has run before, and nothing is left of its log');
    // As if it had been made before that was noted.
    rmSync(join(folder, 'state/names/local/clicks/1-begun'));
    const { state, close } = await open(folder);
    await expect(state.log.claim()).rejects.toThrow(/has state, .* for one, and no log/);
    await close();
  });
});
