import type { ObjectStore } from '../../../src/checkpoint/object-store.ts';
import { openStore, type StoreSurroundings } from '../../../src/checkpoint/stores/open-store.ts';
import type { S3Store } from '../../../src/contract/store.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import type { System } from '../../../src/sys/system.ts';

/** A machine with a real network whose waits are over at once, though its clock says that they took their time. */
export const impatientSystem = (): System & { readonly waitedMs: () => readonly number[] } => {
  const system = createNodeSystem();
  const waits: number[] = [];
  const nowMs = (): number => 1_800_000_000_000 + waits.reduce((sum, wait) => sum + wait, 0);
  return {
    ...system,
    clock: { nowMs, monotonicMs: nowMs },
    timers: {
      ...system.timers,
      after: (delayMs, callback) => {
        waits.push(delayMs);
        system.timers.soon(callback);
        return { cancel: () => {} };
      },
    },
    random: { ...system.random, next: () => 0.5 },
    waitedMs: () => waits,
  };
};

export const s3At = (endpoint: string, more: Partial<S3Store> = {}): S3Store => ({
  endpoint,
  bucket: 'bucket',
  prefix: 'some/prefix',
  region: 'us-east-1',
  pathStyle: true,
  ...more,
});

export const secrets = { AWS_ACCESS_KEY_ID: 'the-access-key', AWS_SECRET_ACCESS_KEY: 'the-very-secret' };

export const openS3 = (
  system: System,
  s3: S3Store,
  more: Partial<StoreSurroundings> = {},
): Promise<ObjectStore> =>
  openStore(
    system,
    { s3 },
    {
      baseDirectory: '/',
      environment: secrets,
      retry: { budgetMs: 10_000, firstDelayMs: 100, longestDelayMs: 1000 },
      idleTimeoutMs: 10_000,
      ...more,
    },
  );
