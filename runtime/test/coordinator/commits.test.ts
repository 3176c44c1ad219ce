import { describe, expect, it } from 'vitest';
import type { Me } from '../../src/checkpoint/decide.ts';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import { writeValue } from '../../src/checkpoint/manifest-value.ts';
import type { CommitPermit } from '../../src/checkpoint/permit.ts';
import { Commits } from '../../src/coordinator/commits.ts';
import { checksum, jobUid, manifestOf } from '../checkpoint/entries.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { settle } from './fake-deployment.ts';

const clock = { nowMs: () => 0, monotonicMs: () => 0 };

/** A log that gives permits, and a sink whose commits end when the test says so. */
const rig = async () => {
  const me: Me = { writer: 'one', deployment: 'only' };
  const store = new MemoryStore(clock);
  const writer = new LogWriter({ store, jobUid, checksum, me, clock, retained: () => 2 });
  await writer.append({ kind: 'claim', attempt: 'next' });
  const done: string[] = [];
  const pending: PromiseWithResolvers<void>[] = [];
  const commits = new Commits({
    commit: (checkpointId) => {
      done.push(`commit ${checkpointId}`);
      const made = Promise.withResolvers<void>();
      pending.push(made);
      return made.promise;
    },
    committed: async (sinks) => {
      done.push(`tell ${sinks.flatMap(({ ids }) => ids).join()}`);
      await writer.append({ kind: 'committed', sinks });
    },
  });
  const publish = async (checkpointId: number): Promise<CommitPermit> => {
    const committables = [{ id: `${checkpointId}-a`, checkpointId, value: writeValue('a') }];
    const sinks = [{ uid: 'files', kind: 'files', committables }];
    const result = await writer.append({ kind: 'manifest', manifest: manifestOf(checkpointId, { sinks }) });
    if (result.outcome !== 'done') throw new Error(result.outcome);
    return result.permit;
  };
  /** Whether what a permit allows is visible by now. */
  const perform = async (permit: CommitPermit): Promise<{ ended: boolean | unknown }> => {
    const state: { ended: boolean | unknown } = { ended: false };
    commits.perform(permit).then(
      () => {
        state.ended = true;
      },
      (error: unknown) => {
        state.ended = error;
      },
    );
    await settle();
    return state;
  };
  return { publish, perform, done, pending };
};

describe('commits', () => {
  it('make visible what a permit allows, once, and then tell the log', async () => {
    const { publish, perform, done, pending } = await rig();
    const state = await perform(await publish(1));
    expect([done, state.ended]).toEqual([['commit 1'], false]);
    pending[0]?.resolve();
    await settle();
    expect([done, state.ended]).toEqual([['commit 1', 'tell 1-a'], true]);
  });

  it('are not done before those are that were begun earlier: a job must not end while output is on its way', async () => {
    const { publish, perform, done, pending } = await rig();
    await perform(await publish(1));
    const later = await perform(await publish(2));
    expect(done).toEqual(['commit 1', 'commit 2']);
    pending[1]?.resolve();
    await settle();
    expect(later.ended).toBe(false);
    pending[0]?.resolve();
    await settle();
    expect(later.ended).toBe(true);
  });

  it('fail with those that were begun earlier', async () => {
    const { publish, perform, pending } = await rig();
    await perform(await publish(1));
    const later = await perform(await publish(2));
    pending[1]?.resolve();
    pending[0]?.reject(new Error('lost'));
    await settle();
    expect(later.ended).toMatchObject({ message: 'lost' });
  });
});
