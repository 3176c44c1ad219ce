/**
 * The command: `npm run e2e:footprint -- [--seconds S] [--kills N]`. Runs what an image holds in processes of this machine that are told what pods are told, a
 * coordinator and two workers with their state in MinIO, and prints how much memory they take and how long it takes until a lost one is made up
 * for, phase by phase. What a container adds to its start is not in it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { assemble, contents } from '../../runtime/image/assemble.ts';
import { pause } from '../harness/wait.ts';
import { residentOf } from './memory.ts';
import { lineAfter, type Pod, Pods, timesOf } from './pods.ts';

const recordsPerSecond = 5000;
const settleMs = 4000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const begins: Readonly<Record<string, RegExp>> = {
  'control API': /control API is at/,
  'worker here': /is here/,
  'in force': /goes on (?:from checkpoint|with attempt)/,
};
const afterLoss: Readonly<Record<string, RegExp>> = {
  noticed: /is lost|has lost/,
  planned: /Waiting for workers/,
  'worker here': /is here/,
  'in force': /goes on from checkpoint/,
};

const tellMemory = (pods: readonly Pod[]): void => {
  const all = pods.map(({ name, processId }) => ({ name, ...residentOf(processId) }));
  for (const { name, resident, anonymous, proportional } of all)
    print(
      `${name}: ${resident} MiB resident, ${anonymous} of them no file's, proportionally ${proportional}`,
    );
  const sum = (pick: (one: (typeof all)[number]) => number): number =>
    all.reduce((total, one) => total + pick(one), 0);
  print(
    `together: ${sum(({ resident }) => resident)} MiB, proportionally ${sum(({ proportional }) => proportional)}`,
  );
};

const tell = (
  what: string,
  coordinator: Pod,
  phases: Readonly<Record<string, RegExp>>,
  fromMs: number,
): void => {
  const times = Object.entries(phases).map(
    ([name, pattern]) => `${name} ${timesOf(coordinator, pattern, fromMs)[0] ?? '-'} ms`,
  );
  print(`${what}: ${times.join(', ')}`);
};

/** Kills a worker and the coordinator in turns, each with another one at once. */
const kill = async (pods: Pods, started: readonly [Pod, Pod], kills: number): Promise<void> => {
  let [coordinator, worker] = started;
  for (let round = 0; round < kills; round++) {
    const fromMs = Date.now();
    if (round % 2 === 0) {
      await worker.end('SIGKILL');
      worker = pods.startWorker(0);
    } else {
      await coordinator.end('SIGKILL');
      coordinator = pods.startCoordinator();
    }
    const phases = round % 2 === 0 ? afterLoss : begins;
    await lineAfter(coordinator, phases['in force'] as RegExp, fromMs);
    await pause(settleMs);
    tell(round % 2 === 0 ? 'worker killed' : 'coordinator killed', coordinator, phases, fromMs);
  }
};

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, kills: { type: 'string', default: '10' } },
});
const image = mkdtempSync(join(tmpdir(), 'millrace-image-'));
assemble(fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''), contents.runtime, image);
const pods = await Pods.prepare(image, recordsPerSecond);
try {
  pods.makeCertificate();
  const fromMs = Date.now();
  const coordinator = pods.startCoordinator();
  const workers = [pods.startWorker(0), pods.startWorker(1)] as const;
  await lineAfter(coordinator, /records a second/, fromMs);
  tell('started', coordinator, begins, fromMs);
  await pause(Number(values.seconds) * 1000);
  tellMemory([coordinator, ...workers]);
  await kill(pods, [coordinator, workers[0]], Number(values.kills));
} finally {
  await pods.close();
  rmSync(image, { recursive: true, force: true });
}
