import { type DeadLetterParcel, deadLetterUid } from '../task/dead-letter-box.ts';
import type { DeadLetterOutput } from '../task/failures.ts';
import type { JobCodeHandle, SinkCommittables } from './job-code.ts';

/** Where dead letters go that a checkpoint has. */
export interface DeadLetterParcels {
  /** Writes letters so that they are durable; those that are there already are left out. */
  commit(parcels: readonly DeadLetterParcel[]): void;
}

/** For an output that does not know what it has: letters may come again after a restart. */
export const parcelsTo = (output: DeadLetterOutput): DeadLetterParcels => ({
  commit: (parcels) => {
    for (const { letters } of parcels) for (const letter of letters) output(letter);
  },
});

/** The committers of a job, with that of its dead letters, which is no code of the job and so needs no thread of its own. */
export const withDeadLetters = (jobCode: JobCodeHandle, output: DeadLetterParcels): JobCodeHandle => ({
  ...jobCode,
  commit: async (checkpointId, sinks) => {
    for (const { uid, committables } of sinks) {
      if (uid === deadLetterUid) output.commit(committables as readonly DeadLetterParcel[]);
    }
    await jobCode.commit(checkpointId, sinks.filter(isOfJob));
  },
  // A letter that was never written needs no undoing.
  abort: (checkpointId, sinks) => jobCode.abort(checkpointId, sinks.filter(isOfJob)),
});

const isOfJob = ({ uid }: SinkCommittables): boolean => uid !== deadLetterUid;
