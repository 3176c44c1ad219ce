import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TlsSettings } from '../../src/sys/net.ts';
import type { PlainError } from '../../src/worker/plain-error.ts';
import { frozenJob } from '../coordinator/frozen-job.ts';
import { tlsOf } from '../support/certificates.ts';

const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

interface Outcome {
  readonly state: string;
  readonly error?: PlainError;
  readonly letters: readonly { readonly record: unknown }[];
}

/** Runs a job whose slots have threads of their own and believe to be in these workers: a list of slots each. */
const run = async (
  job: string,
  workers: readonly (readonly number[])[],
  tls?: TlsSettings,
): Promise<Outcome> => {
  const { path, folder } = await frozenJob(job);
  const slots = workers.flat().length;
  const program = `
    import { buildGraph, loadJob } from ${source('artifact/load.ts')};
    import { resolveMillraceToThisRuntime } from ${source('artifact/resolve.ts')};
    import { LocalJob } from ${source('coordinator/local-job.ts')};
    import { warmEnumerators } from ${source('coordinator/thread-enumerators.ts')};
    import { allocateSharedLinks } from ${source('exchange/shared-links.ts')};
    import { createNodeSystem } from ${source('sys/node-system.ts')};
    import { allocatePulses } from ${source('task/pulse.ts')};
    import { createLogger } from ${source('telemetry/logger.ts')};
    import { toPlainError } from ${source('worker/plain-error.ts')};
    import { SlotMeeting } from ${source('worker/remote/slot-meeting.ts')};
    import { startThreadSlot } from ${source('worker/thread-slot.ts')};
    resolveMillraceToThisRuntime();
    const system = createNodeSystem();
    const logger = createLogger({ clock: system.clock, level: 'silent', json: false });
    const code = { artifact: ${JSON.stringify(path)}, args: {}, plan: { parallelism: ${slots} } };
    const graph = buildGraph(await loadJob(code.artifact), {}, code.plan);
    const common = {
      ...code, jobName: 'job', baseDirectory: ${JSON.stringify(folder)}, logLevel: 'info', graphHash: graph.hash,
      batchMode: false, memory: undefined, deadLetterPolicy: 'log', pulses: allocatePulses(graph.slots), checkpoints: false,
    };
    const letters = [];
    const host = '127.0.0.1';
    const linksOf = new Map();
    const workers = ${JSON.stringify(workers)};
    for (const near of workers) {
      const links = allocateSharedLinks(graph, undefined, near);
      for (const slot of near) linksOf.set(slot, { links, network: { jobUid: 'orders', host, near, tls: ${JSON.stringify(tls)} } });
    }
    const deploy = (attempt, reports, enumeratorReports) => {
      const meeting = new SlotMeeting(graph.slots, (slot, peers) => slots[slot].connect(peers));
      const slots = Array.from({ length: graph.slots }, (_, slot) => startThreadSlot({
        system, logger, deadLetters: (letter) => letters.push(letter), reports: reports(slot),
        onListening: (port) => meeting.listens({ slot, host, port }),
        data: { ...common, ...linksOf.get(slot), slot, attempt },
      }));
      return { slots, jobCode: warmEnumerators({ system, logger, data: common }).adopt(enumeratorReports, graph.hash) };
    };
    const job = new LocalJob({
      system, logger, jobName: 'job', graph, deploy, restart: { strategy: 'None' }, deadLetters: () => {},
    });
    job.start();
    const { state, error } = await job.ended;
    process.stdout.write(JSON.stringify({ state, error: error && toPlainError(error), letters }));
  `;
  writeFileSync(join(folder, 'run.ts'), program);
  const words = ['--conditions=millrace-source', join(folder, 'run.ts')];
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, words, (error, out) =>
      error === null ? resolve(JSON.parse(out) as Outcome) : reject(error),
    );
  });
};

/** Counts by key, and gives the counts to a function that throws them: dead letters are what a test can see of a thread. */
const counting = `
  import { collection } from 'millrace/connectors/collection';
  import { blackhole } from 'millrace/connectors/blackhole';
  const numbers = Array.from({ length: 9000 }, (_, i) => i % 30);
  export default (env) => void env.fromSource(collection(numbers)).rebalance()
    .map((key) => ({ key, count: 1 }))
    .keyBy((one) => one.key)
    .reduce((left, right) => ({ key: left.key, count: left.count + right.count }))
    .filter(({ count }) => count === 300)
    .map((total) => { throw new Error(JSON.stringify(total)); })
    .sinkTo(blackhole());
`;

const expected = Array.from({ length: 30 }, (_, key) => ({ key, count: 300 }));

const recordsOf = ({ letters }: Outcome): unknown[] =>
  letters
    .map(({ record }) => record as { readonly key: number })
    .toSorted((left, right) => left.key - right.key);

describe('the slots of a job in different workers', () => {
  it.each([
    ['one each', [[0], [1], [2]], undefined],
    ['two and one', [[0, 2], [1]], undefined],
    ['one each, with TLS', [[0], [1]], tlsOf('job')],
  ])('give the results of one worker (%s), and end by themselves', async (_, workers, tls) => {
    const outcome = await run(counting, workers, tls);
    expect(outcome.error).toBeUndefined();
    expect(outcome.state).toBe('finished');
    expect(recordsOf(outcome)).toEqual(expected);
  });

  it('fail together, by the name of the one that is lost', async () => {
    const ending = counting.replace(
      'throw new Error(JSON.stringify(total));',
      'if (total.key === 3) process.exit(1); return total;',
    );
    const { state, error } = await run(ending, [[0], [1]]);
    expect(state).toBe('failed');
    expect(error?.message).toMatch(/^(The thread of slot [01] ended|Slot [01] has lost slot [01] at )/);
  });
});
