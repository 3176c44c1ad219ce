/** How the target of a connector knows a transform of a job: the same for the writers of a sink, in the slots, and its committer. */
export const ownerName = (jobName: string, uid: string): string => `${jobName}/${uid}`;
