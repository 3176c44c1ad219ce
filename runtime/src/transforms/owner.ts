/** A job as targets of connectors know it: by its uid, since others may have its name; by its name where it has no store. */
export interface OwningJob {
  readonly jobName: string;
  readonly jobUid: string | undefined;
}

/** How the target of a connector knows a transform of a job: the same for the writers of a sink, in the slots, and its committer. */
export const ownerName = ({ jobName, jobUid }: OwningJob, uid: string): string =>
  `${jobUid ?? jobName}/${uid}`;
