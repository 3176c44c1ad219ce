import { describe, expect, it } from 'vitest';
import { asAttempt, asCheckpointId } from '../../src/checkpoint/ids.ts';
import { readLog } from '../../src/checkpoint/log.ts';
import { writeValue } from '../../src/checkpoint/manifest-value.ts';
import { type Published, type Standing, standingOf } from '../../src/checkpoint/standing.ts';
import type { LocalState } from '../../src/coordinator/local.ts';
import { Outlet } from '../support/outlet.ts';
import {
  type Counted,
  countClicks,
  createStoredJob,
  golden,
  Hold,
  newStore,
  sorted,
  stateIn,
  system,
  until,
} from './stored-job.ts';

type Store = ReturnType<typeof newStore>;

const standing = async (store: Store): Promise<Standing> =>
  standingOf('clicks', await readLog({ store, jobUid: 'clicks', checksum: system.hashing }), store.place);

/** A job that was stopped in its middle; `prepared` is in one more checkpoint, behind the one of entry `to`. */
const stopped = async (isVisible: boolean) => {
  const [store, outlet] = [newStore(), new Outlet<Counted>()];
  const job = createStoredJob(countClicks(outlet, new Hold()), stateIn(store, 'clicks', 5));
  job.start();
  await until(() => outlet.committed.length > 0);
  job.stop();
  expect((await job.ended).state).toBe('stopped');
  const { number: to, manifest } = (await standing(store)).line.at(-1) as Published;
  const sinkUid = manifest.transforms.at(-1)?.uid as string;
  const { log } = stateIn(store, 'clicks');
  const { attempt } = await log.claim();
  const checkpointId = asCheckpointId(manifest.checkpointId + 1);
  const committables = [{ id: 'a', checkpointId, value: writeValue({ id: 'prepared', values: [] }) }];
  const sinks = [{ uid: sinkUid, kind: 'outlet', committables }];
  await log.publish({ ...manifest, checkpointId, attempt: asAttempt(attempt), sinks });
  if (isVisible) await log.committed([{ uid: sinkUid, ids: ['a'] }]);
  return { store, outlet, to };
};

/** The state of the job, which goes back before its first attempt. */
const goingBack = (store: Store, to: number, acceptRepeats: boolean): LocalState => {
  const state = stateIn(store, 'clicks', 5);
  const claim = async () => {
    await state.log.claim();
    return state.log.goBack(to, acceptRepeats);
  };
  return { ...state, log: { ...state.log, claim } };
};

describe('a job that goes back to an older checkpoint', () => {
  it('aborts what was prepared behind it, and loses nothing', async () => {
    const { store, outlet, to } = await stopped(false);
    const job = createStoredJob(countClicks(outlet), goingBack(store, to, true));
    job.start();
    expect((await job.ended).state).toBe('finished');
    expect(outlet.log).toEqual(['abort prepared']);
    expect(outlet.committed).not.toContain('prepared');
    expect(sorted(outlet.visible)).toEqual(await golden(() => new Outlet<Counted>()));
  });

  it('aborts nothing that is visible', async () => {
    const { store, outlet, to } = await stopped(true);
    const job = createStoredJob(countClicks(outlet), goingBack(store, to, true));
    job.start();
    expect((await job.ended).state).toBe('finished');
    expect(outlet.log).toEqual([]);
  });

  it.each([true, false])(
    'does not unless someone accepts that output comes again (visible: %s)',
    async (is) => {
      const { store, outlet, to } = await stopped(is);
      const shown = outlet.visible.length;
      const job = createStoredJob(countClicks(outlet), goingBack(store, to, false));
      job.start();
      const { state, error } = await job.ended;
      expect(state).toBe('failed');
      expect(error).toMatchObject({ code: 'job-invalid', hint: expect.stringContaining('--accept-repeats') });
      expect(outlet.visible.length).toBe(shown);
    },
  );
});
