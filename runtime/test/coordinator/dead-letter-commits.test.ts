import { describe, expect, it } from 'vitest';
import { parcelsTo, withDeadLetters } from '../../src/coordinator/dead-letter-commits.ts';
import { deadLetterUid } from '../../src/task/dead-letter-box.ts';
import type { DeadLetter } from '../../src/task/failures.ts';
import { FakeEnumerators } from './fake-deployment.ts';

const letter: DeadLetter = { transform: 't', reason: 'r', where: '', record: 1, timestampMs: null };
const parcel = { id: '1-0-0-7', letters: [letter] };
const sinks = [
  { uid: 'files', kind: 'files', committables: [1] },
  { uid: deadLetterUid, kind: 'dead letters', committables: [parcel] },
];

/** The code of a job that keeps what it is told. */
const fakeJobCode = (): FakeEnumerators =>
  new FakeEnumerators({ assign: () => {}, noMoreSplits: () => {}, onFailed: () => {} });

describe('the dead letters of a checkpoint', () => {
  it('go to their output, and what else there is to the committers of the job', async () => {
    const jobCode = fakeJobCode();
    const written: unknown[] = [];
    const handle = withDeadLetters(jobCode.handle, { commit: (parcels) => void written.push(...parcels) });
    await handle.commit(7, sinks);
    await handle.abort(8, sinks);
    expect(written).toEqual([parcel]);
    expect(jobCode.told).toEqual(['commit 7 files', 'abort 8 files']);
  });

  it('fail the attempt when they cannot be written', async () => {
    const full = new Error('disk full');
    const handle = withDeadLetters(fakeJobCode().handle, {
      commit: () => {
        throw full;
      },
    });
    await expect(handle.commit(7, sinks)).rejects.toBe(full);
  });

  it('come one by one to an output that knows nothing of checkpoints', async () => {
    const letters: DeadLetter[] = [];
    const handle = withDeadLetters(
      fakeJobCode().handle,
      parcelsTo((given) => void letters.push(given)),
    );
    await handle.commit(7, sinks);
    expect(letters).toEqual([letter]);
  });
});
