import { findJobAuthority } from '../../checkpoint/job-authority.ts';
import type { ObjectStore } from '../../checkpoint/object-store.ts';
import { MillraceError } from '../../contract/errors.ts';
import { reasonOf } from '../../contract/reason.ts';
import type { KeyedCertificate } from '../../sys/certificates.ts';
import type { System } from '../../sys/system.ts';

const lookMs = 200;

export interface AuthorityWait {
  readonly system: System;
  readonly jobUid: string;
  /** Opens the store of the job; called until it can be. */
  readonly open: () => Promise<ObjectStore>;
  readonly waitForMs: number;
}

/**
 * The authority of a job, which its first coordinator makes; a worker may be there before.
 * @throws MillraceError io when it is not there in time, state-damaged when it cannot be used.
 */
export const awaitJobAuthority = async (wait: AuthorityWait): Promise<KeyedCertificate> => {
  const { system, jobUid, open, waitForMs } = wait;
  const startedMs = system.clock.monotonicMs();
  for (;;) {
    let failure: unknown;
    try {
      const store = await open();
      try {
        const authority = await findJobAuthority(store, system, jobUid);
        if (authority !== undefined) return authority;
      } finally {
        await store.close();
      }
    } catch (error) {
      if (MillraceError.is(error) && error.code !== 'io') throw error;
      failure = error;
    }
    if (system.clock.monotonicMs() - startedMs >= waitForMs) throw absent(jobUid, waitForMs, failure);
    await new Promise<void>((resolve) => void system.timers.after(lookMs, resolve));
  }
};

const absent = (jobUid: string, waitedMs: number, failure: unknown): MillraceError =>
  new MillraceError(
    'io',
    `The authority that signs the certificates of the job ${jobUid} is not in its store after ${waitedMs / 1000} s${failure === undefined ? '' : `: ${reasonOf(failure)}`}.`,
    {
      ...(failure === undefined ? {} : { cause: failure }),
      where: { job: jobUid },
      hint: 'The first coordinator of the job writes it: see whether it runs, and whether worker and coordinator have the same store.',
    },
  );
