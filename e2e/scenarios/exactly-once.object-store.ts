import { killAgainAndAgain } from '../harness/kill-loop.ts';
import { withMinioJob } from '../harness/minio-job.ts';
import { minioTool } from '../harness/tools.ts';
import type { Scenario } from './scenario.ts';

/** `kill -9` of the process of a job every 1 to 6 s; its state is in MinIO. */
export const objectStore: Scenario = {
  name: 'exactly-once.object-store',
  tool: minioTool,
  run: (settings) => withMinioJob(settings, ({ minio, loop }) => killAgainAndAgain(loop(minio.endpoint))),
};
