import { expect, it } from 'vitest';
import type { Dev } from '../../src/cli/dev.ts';
import type { Kind } from '../../src/dev/store/kinds.ts';
import { kindOf, streamJobKind } from '../../src/dev/store/kinds.ts';
import { at } from '../dev/support.ts';
import { isRunning, manifest, newFolder, seen, shown, start, totalsIn } from './counting-job.ts';

it('a job that is deleted and made again, here or in another cluster, goes on at its last counts', async () => {
  const folder = newFolder();
  const highest: number[] = [0];
  const run = async (dev: Dev): Promise<void> => {
    const { store } = dev.cluster;
    store.create(streamJobKind, manifest(folder));
    await seen(store, isRunning);
    await shown(folder, highest.at(-1) as number);
    store.remove(streamJobKind, at('counts'), {});
    await seen(store, (job) => job === undefined);
    highest.push(totalsIn(folder).at(-1) as number);
  };
  const east = await start(folder, 'east', 'east');
  await run(east);
  await run(east);
  await run(await start(folder, 'west', 'west'));
  const totals = totalsIn(folder);
  expect(totals).toEqual(totals.map((_, i) => i + 1));
  expect(highest[3]).toBeGreaterThan(highest[2] as number);
}, 180_000);

it('a job goes back to a savepoint once for each wish, also when it is made again with it', async () => {
  const folder = newFolder();
  const dev = await start(folder, 'east', 'east');
  const { store } = dev.cluster;
  store.create(streamJobKind, manifest(folder));
  await seen(store, isRunning);
  await shown(folder, 0);
  const savepointKind = kindOf({ group: 'millrace.dev', plural: 'savepoints' }) as Kind;
  store.create(savepointKind, {
    apiVersion: 'millrace.dev/v1alpha1',
    kind: 'Savepoint',
    metadata: { name: 'before', namespace: 'default' },
    spec: { jobRef: { name: 'counts' } },
  });
  const isComplete = (): boolean =>
    store.find(savepointKind, { namespace: 'default', name: 'before' })?.status?.['phase'] === 'Completed';
  await seen(store, isComplete);
  await shown(folder, totalsIn(folder).at(-1) as number);
  const back = manifest(folder, { restore: { id: 'monday', savepoint: 'before' } });
  store.change(streamJobKind, at('counts'), 'all', {}, (live) => ({ ...live, spec: back.spec }));
  await seen(store, (job) => isRunning(job) && job?.status?.['restored'] !== undefined);
  const highest = totalsIn(folder).at(-1) as number;
  await shown(folder, highest);
  // From the savepoint on, what had been shown was shown again.
  const repeated = (): readonly number[] => totalsIn(folder).filter((total, i, all) => total === all[i - 1]);
  const first = repeated();
  expect(first.length).toBeGreaterThan(0);
  expect(first).toEqual(first.map((_, i) => (first[0] as number) + i));
  expect(new Set(totalsIn(folder)).size).toBe(totalsIn(folder).at(-1));
  store.remove(streamJobKind, at('counts'), {});
  await seen(store, (job) => job === undefined);
  const last = totalsIn(folder).at(-1) as number;
  store.create(streamJobKind, back);
  await seen(store, isRunning);
  await shown(folder, last);
  expect(repeated()).toEqual(first);
}, 180_000);
