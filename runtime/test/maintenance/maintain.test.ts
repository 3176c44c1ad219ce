import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeLogEntry } from '../../src/checkpoint/log-entry.ts';
import { jobRoot, logKey } from '../../src/checkpoint/paths.ts';
import { maintain, maintainOnce, parseRequest } from '../../src/maintenance/maintain.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';
import { checksum, claimWish, jobUid, logOf, one, publish } from '../checkpoint/entries.ts';
import { MemoryStore } from '../support/memory-store.ts';

const folder = { directory: 'checkpoints' };

const { system } = createTestSystem({ startMs: 10 * 3_600_000 });
const missing = {
  key: 'state/1/2/0-0',
  checkpointId: 2,
  slot: 0,
  sizeBytes: 2,
  crc32: 0,
  indexOffset: 0,
  indexBytes: 1,
  keyGroups: '',
};
const { entries } = logOf(
  [
    [one, claimWish],
    [one, publish(1)],
    [one, publish(2, 1, { objects: [missing] })],
  ],
  1,
);

const storeOfJob = async (): Promise<MemoryStore> => {
  const store = new MemoryStore({ ...system.clock, nowMs: () => 0 });
  await store.put(`${jobRoot(jobUid)}state/1/1/0-0`, new Uint8Array(7));
  for (const entry of entries) await store.put(logKey(jobUid, entry.number), encodeLogEntry(entry, checksum));
  return store;
};

describe('maintenance of a store', () => {
  it.each([
    [undefined, 'It is not said what is to be done'],
    ['{', 'It is not said what is to be done'],
    ['{"operation":"format","store":{"directory":"/"}}', 'operation'],
    ['{"operation":"deleteJob","store":{"directory":"/"}}', 'jobUid'],
    ['{"operation":"deleteJob","jobUid":"a","store":{}}', 'store'],
  ])('refuses the request %s', (text, why) => {
    expect(() => parseRequest(text)).toThrow(why);
  });

  it('collects what the log has superseded', async () => {
    const store = await storeOfJob();
    const answer = await maintain(system, store, { operation: 'collectGarbage', jobUid, store: folder });
    expect(answer).toEqual({ operation: 'collectGarbage', objects: 1, bytes: 7 });
  });

  it('says what is wrong with the checkpoints that count', async () => {
    const store = await storeOfJob();
    const answer = await maintain(system, store, { operation: 'verify', jobUid, store: folder });
    expect(answer.objects).toBe(1);
    expect(answer.faults?.[0]).toContain('checkpoint 2: state/1/2/0-0');
  });

  it('opens the directory that the request names, and removes the job in it', async () => {
    const machine = createNodeSystem();
    const directory = mkdtempSync(join(tmpdir(), 'millrace-maintenance-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const request = parseRequest(JSON.stringify({ operation: 'deleteJob', jobUid, store: folder }));
    const surroundings = { baseDirectory: directory, environment: {} };
    const answer = await maintainOnce(machine, request, surroundings);
    expect(answer).toEqual({ operation: 'deleteJob', objects: 0, bytes: 0 });
    expect(readdirSync(directory)).toEqual(['checkpoints']);
  });
});
