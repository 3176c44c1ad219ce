import { killAgainAndAgain } from '../harness/kill-loop.ts';
import { withMinioJob } from '../harness/minio-job.ts';
import { startProxy } from '../harness/proxy.ts';
import { repeat } from '../harness/repeat.ts';
import { minioTool } from '../harness/tools.ts';
import { pause } from '../harness/wait.ts';
import type { Scenario } from './scenario.ts';

const longestPauseMs = 1500;
/** Some requests are cut off in their middle: none of the job's is much larger. */
const mostBytes = 20_000;

/** The connections to MinIO are reset, at once or after so many bytes, while the job is killed every 1 to 6 s. */
export const connectionResets: Scenario = {
  name: 'exactly-once.connection-resets',
  tool: minioTool,
  run: (settings) =>
    withMinioJob(settings, async ({ minio, random, loop }) => {
      const proxy = await startProxy(Number(new URL(minio.endpoint).port));
      const faults = random.fork('network');
      let resets = 0;
      const stop = repeat(async () => {
        await pause(faults.between(0, longestPauseMs));
        const limit = faults.chance(0.3) ? Math.ceil(faults.between(1, mostBytes)) : undefined;
        proxy.resetAfterBytes(limit);
        if (limit !== undefined) await pause(faults.between(0, longestPauseMs));
        proxy.resetAfterBytes(undefined);
        proxy.reset();
        resets++;
      });
      const outcome = await killAgainAndAgain(loop(`http://127.0.0.1:${proxy.port}`));
      await stop();
      await proxy.close();
      return { ...outcome, faults: outcome.faults + resets };
    }),
};
