import { broadcastState, type Job } from 'millrace';
import { expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { describeJob } from '../../src/offline/describe-job.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';

const rules = broadcastState<string, number>('rules');

const job: Job = (env) => {
  const numbers = env.fromSource(collection([1, 2])).name('numbers');
  numbers
    .connect(numbers.broadcast(rules))
    .process({
      process: (n, context, output) => output.emit(n + (context.broadcastState(rules).get('a') ?? 0)),
      processBroadcast: (n, context) => context.broadcastState(rules).put('a', n),
    })
    .uid('watch')
    .sinkTo(blackhole());
};

it('broadcast state is known before a function asks for it: a job with some was told that it had it no more', async () => {
  const described = { system: createNodeSystem(), name: 'watching', args: {}, baseDirectory: '.' };
  const { states } = await describeJob(described, buildGraph(job, {}, { parallelism: 1 }));
  expect(states).toContainEqual({ uid: 'watch', name: 'rules', kind: 'broadcast' });
});
