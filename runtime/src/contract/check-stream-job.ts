import { checkObject } from './check-object.ts';
import type { Problem } from './problem.ts';
import { type StreamJob, streamJobApiVersion, streamJobKind, streamJobSchema } from './stream-job.ts';

/** A checked job with its defaults, or everything that is wrong with it. */
export type CheckResult =
  | { readonly ok: true; readonly job: StreamJob }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Checks plain data as a StreamJob: see `checkObject`. */
export const checkStreamJob = (value: unknown): CheckResult => {
  const result = checkObject(
    { apiVersion: streamJobApiVersion, kind: streamJobKind, schema: streamJobSchema },
    value,
  );
  return result.ok ? { ok: true, job: result.object } : result;
};
