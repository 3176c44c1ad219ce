import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkpointSchema } from '../../src/contract/checkpoint.ts';
import { openLocalState } from '../../src/coordinator/local-state.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';

const system = createNodeSystem();
const root = mkdtempSync(join(tmpdir(), 'millrace-state-'));
afterAll(() => rmSync(root, { recursive: true }));
const temporaryFolder = (): string => mkdtempSync(join(root, 'place-'));

const open = (baseDirectory: string, more: { readonly jobUid?: string; readonly deployment?: string } = {}) =>
  openLocalState({
    ...more,
    system,
    checkpoint: checkpointSchema.parse({ store: { directory: 'checkpoints' } }),
    jobName: 'counts',
    runtimeVersion: '0',
    artifact: 'none',
    revision: 'one',
    baseDirectory,
    environment: {},
  });

it('finds the job of a name again, until it has finished', async () => {
  const folder = temporaryFolder();
  const first = await open(folder);
  await first.state.log.claim();
  const second = await open(folder);
  expect(second.state.base.jobUid).toBe(first.state.base.jobUid);
  await second.state.log.claim();
  await expect(first.state.log.stopped('stopped')).rejects.toThrow('leads');
  await second.state.log.stopped('finished');
  const third = await open(folder);
  expect(third.state.base.jobUid).not.toBe(first.state.base.jobUid);
  expect((await third.state.log.claim()).manifest).toBeUndefined();
  for (const opened of [first, second, third]) await opened.close();
});

it('lets a deployment take a job over from another, which it may not of its own accord', async () => {
  const folder = temporaryFolder();
  const first = await open(folder, { jobUid: 'shared', deployment: 'one' });
  const second = await open(folder, { jobUid: 'shared', deployment: 'two' });
  await first.state.log.claim();
  await expect(second.state.log.claim()).rejects.toThrow('leads');
  await second.state.log.follow();
  expect((await second.state.log.claim(true)).term).toBe(2);
  await expect(first.state.log.stopped('stopped')).rejects.toThrow('leads');
  for (const opened of [first, second]) await opened.close();
});

it('has the times of the manifest in ms', async () => {
  const opened = await open(temporaryFolder());
  expect(opened.state.policy).toEqual({
    intervalMs: 10_000,
    minPauseMs: 0,
    timeoutMs: 600_000,
    tolerableFailures: 10,
    alignmentTimeoutMs: 10_000,
  });
  await opened.close();
});

it('can be given other times while it is open', async () => {
  const opened = await open(temporaryFolder());
  const { policy, tune } = opened.state;
  const { mode: _mode, store: _store, ...live } = checkpointSchema.parse({ store: { directory: 'x' } });
  tune?.({ ...live, interval: '250ms', unaligned: { enabled: false, timeout: '1s' } });
  expect(policy).toMatchObject({ intervalMs: 250, alignmentTimeoutMs: undefined, timeoutMs: 600_000 });
  await opened.close();
});
