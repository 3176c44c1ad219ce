import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { localJob } from '../../../src/checkpoint/local-names.ts';
import { LogWriter } from '../../../src/checkpoint/log-writer.ts';
import { jobRoot, logKey } from '../../../src/checkpoint/paths.ts';
import { StateObjectWriter } from '../../../src/checkpoint/state-object-writer.ts';
import { DirectoryStore } from '../../../src/checkpoint/stores/directory-store.ts';
import { main } from '../../../src/cli/main.ts';
import { claimWish, commit, jobUid, one, publish, sinkOf } from '../../checkpoint/entries.ts';
import { FakeIo } from '../fake-io.ts';

const manifest = `apiVersion: millrace.dev/v1alpha1
kind: StreamJob
metadata:
  name: count
spec:
  job:
    entry: job.ts
  checkpoint:
    store:
      directory: checkpoints
`;

let io: FakeIo;
let store: DirectoryStore;
const object = 'state/1/1/0-0';
const orphan = 'state/1/1/1-0';
const inStore = (key: string): string => `${jobRoot(jobUid)}${key}`;

/** Runs `millrace checkpoint …` and gives its exit code. */
const checkpoint = async (...words: readonly string[]): Promise<number> => {
  io.printed = '';
  io.complained = '';
  return main(['checkpoint', ...words], io);
};

beforeEach(async () => {
  const [bare] = manifest.split('  checkpoint:');
  io = new FakeIo({ files: { 'job.yaml': manifest, 'bare.yaml': bare as string } });
  store = new DirectoryStore(io.system, join(io.workingDirectory, 'checkpoints'));
  const { hashing: checksum, clock } = io.system;
  await localJob(store, 'count', jobUid, checksum);
  const log = new LogWriter({ store, jobUid, checksum, me: one, clock, retained: () => 2 });
  await log.append(claimWish);
  const writer = new StateObjectWriter(io.system, true);
  writer.add({ kind: 'keyGroup', uid: 'count', keyGroup: 3, mode: 'whole', bytes: new Uint8Array(9) });
  const { bytes, rawBytes: _, ...written } = await writer.finish();
  for (const key of [object, orphan]) await store.put(inStore(key), bytes);
  const objects = [{ key: object, checkpointId: 1, slot: 0, ...written }];
  await log.append(publish(1, 1, { objects, sinks: [sinkOf('out', 'a1')] }));
  await log.append(commit('out', 'a1'));
  await log.append(publish(2, 1, { objects, sources: [{ uid: 'in', readers: [] }] }));
});

describe('millrace checkpoint', () => {
  it('lists the log of a job and marks the latest checkpoint', async () => {
    expect(await checkpoint('list', 'job.yaml')).toBe(0);
    expect(io.printed).toContain(`job ${jobUid} in ${store.place}: term 1, attempt 1`);
    expect(io.printed).toContain('checkpoint 1, 1 object');
    expect(io.printed).toContain('committed 1 part of output');
    expect(io.printed).toMatch(/checkpoint 2, 1 object, \d+ B {2}← latest\n$/);
  });

  it('finds the only job of a directory, and a job by name or uid', async () => {
    for (const words of [[], ['--job', 'count'], ['--job', jobUid]]) {
      expect(await checkpoint('list', '--store', 'checkpoints', '--json', ...words)).toBe(0);
      expect((JSON.parse(io.printed) as readonly unknown[]).length).toBe(3);
    }
  });

  it('shows what a checkpoint holds, the latest unless told otherwise', async () => {
    expect(await checkpoint('inspect', 'job.yaml')).toBe(0);
    expect(io.printed).toContain('checkpoint 2, 1 object');
    expect(io.printed).toContain('source     in: 0 splits, watermark');
    expect(io.printed).toContain(`object     ${object}:`);
    expect(await checkpoint('inspect', 'job.yaml', '--checkpoint', '1', '--json')).toBe(0);
    expect(JSON.parse(io.printed)).toMatchObject({ checkpointId: 1, sinks: [{ uid: 'out' }] });
    expect(await checkpoint('inspect', 'job.yaml', '--checkpoint', '9')).toBe(2);
    expect(io.complained).toContain('Checkpoint 9 is not kept.');
  });

  it('reads everything again, and fails when something is not whole', async () => {
    expect(await checkpoint('verify', 'job.yaml')).toBe(0);
    expect(io.printed).toBe('checkpoint 1: whole, 1 object read\ncheckpoint 2: whole, 1 object read\n');
    await store.remove([inStore(object)]);
    expect(await checkpoint('verify', 'job.yaml', '--checkpoint', '2')).toBe(1);
    expect(io.printed).toBe(
      `checkpoint 2: cannot be restored\n  ${object}: The state object ${object} is missing.\n`,
    );
    expect(await checkpoint('verify', 'job.yaml', '--json')).toBe(1);
    expect(JSON.parse(io.printed)).toMatchObject([{ checkpointId: 1, faults: [{ key: object }] }, {}]);
  });

  it('removes what nobody needs, and only shows it in a dry run', async () => {
    const gc = ['gc', 'job.yaml', '--older-than', '0s'];
    const [newest] = (await store.list('')).map(({ modifiedMs }) => modifiedMs).sort((a, b) => b - a);
    io.machine.advance((newest as number) - io.machine.nowMs + 1);
    expect(await checkpoint(...gc, '--dry-run')).toBe(0);
    expect(io.printed).toContain(`would be removed: ${inStore(orphan)}`);
    expect(await store.get(inStore(orphan))).toBeDefined();
    expect(await checkpoint(...gc)).toBe(0);
    expect(io.printed).toContain(`removed: ${inStore(orphan)}`);
    expect(await store.get(inStore(orphan))).toBeUndefined();
    expect(await checkpoint('verify', 'job.yaml')).toBe(0);
  });

  it('says which entry of the log is damaged', async () => {
    await store.put(logKey(jobUid, 3), new Uint8Array(10));
    expect(await checkpoint('list', 'job.yaml')).toBe(2);
    expect(io.complained).toContain(`The log entry ${logKey(jobUid, 3)} is none`);
  });

  it.each([
    [['list'], 'There is neither a manifest nor a store.'],
    [['list', 'bare.yaml'], 'bare.yaml has no spec.checkpoint.'],
    [['list', '--store', 'elsewhere'], 'There is no directory'],
    [['list', '--store', 'checkpoints', '--job', 'other'], `has no log of a job other`],
    [['list', '--store', '.'], 'has 0 jobs.'],
    [['verify', 'job.yaml', '--checkpoint', 'x'], 'Give the number of a checkpoint.'],
    [['gc', 'job.yaml', '--older-than', 'x'], 'Give a duration with its unit'],
  ])('%j is refused', async (words, why) => {
    expect(await checkpoint(...words)).toBe(2);
    expect(io.complained).toContain(why);
  });
});
