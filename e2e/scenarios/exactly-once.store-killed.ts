import { letRun } from '../harness/kill-loop.ts';
import { withMinioJob } from '../harness/minio-job.ts';
import { repeat } from '../harness/repeat.ts';
import { minioTool } from '../harness/tools.ts';
import { pause } from '../harness/wait.ts';
import type { Scenario } from './scenario.ts';

const shortestMs = 1000;
const longestMs = 6000;
const longestOutageMs = 3000;

/** MinIO is killed and started again, every 1 to 6 s; the job goes on meanwhile. */
export const storeKilled: Scenario = {
  name: 'exactly-once.store-killed',
  tool: minioTool,
  run: (settings) =>
    withMinioJob(settings, async ({ minio, random, loop }) => {
      let faults = 0;
      const running = letRun(loop(minio.endpoint));
      const stop = repeat(async () => {
        await pause(random.between(shortestMs, longestMs));
        await minio.kill();
        await pause(random.between(0, longestOutageMs));
        await minio.restart();
        faults++;
      });
      await pause(settings.faultsMs);
      await stop();
      return { findings: await running, faults, recoveriesMs: [] };
    }),
};
