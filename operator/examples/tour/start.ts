/**
 * What `npm start` runs: the operator and a cluster in memory, as `millrace dev` starts them, and in it the flights job, to which
 * everything happens that can happen to a job. Needs nothing but Node.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { reasonOf } from '../../../runtime/src/contract/reason.ts';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { createLogger } from '../../../runtime/src/telemetry/logger.ts';
import { type Dev, startDev } from '../../src/cli/dev.ts';
import type { StreamJobObject } from '../../src/kube/kinds.ts';
import { busiest, compare } from './answer.ts';
import { Tour } from './tour.ts';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const flights = pathOf('../../../runtime/examples/flights');
const data = pathOf('../../../node_modules/vega-datasets/data');
const folder = mkdtempSync(join(tmpdir(), 'millrace-tour-'));
const database = join(folder, 'delays.sqlite');
const system = createNodeSystem();
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** The manifest of the example: so slow that it would take minutes, until its upgrade lets it go, and quicker to trust a new revision. */
const manifest = (): StreamJobObject => {
  const job = parse(readFileSync(join(flights, 'job.yaml'), 'utf8')) as StreamJobObject;
  return {
    ...job,
    metadata: { ...job.metadata, namespace: 'default' },
    spec: {
      ...(job.spec as object),
      args: { data, database, port: '0', rate: '60' },
      checkpoint: { interval: '500ms', store: { directory: join(folder, 'checkpoints') } },
      upgrade: { stability: { window: '1s' } },
    },
  };
};

const begin = (): Promise<Dev> =>
  startDev({
    system,
    logger: createLogger({
      clock: system.clock,
      level: 'error',
      json: false,
      write: (text) => void process.stderr.write(text),
    }),
    directory: folder,
    codeDirectory: flights,
    programAt: (name) => pathOf(`../../../runtime/src/bin/${name}.ts`),
    port: 0,
  });

const show = async (dev: Dev): Promise<void> => {
  say(
    'The flights of three months through event-time windows, on a cluster in memory whose pods are processes of this',
  );
  say(`machine. To look yourself: kubectl --kubeconfig ${dev.cluster.kubeconfigPath} get streamjobs,pods\n`);
  await new Tour({ system, dev, job: manifest(), say }).run();
  say(`\n${busiest(database)}`);
  const { rows, wrong } = compare(database, join(data, 'flights-20k.json'));
  say(
    wrong === 0
      ? `All ${rows} rows of its table are exactly what a loop over the file gives: nothing was lost, nothing counted twice.`
      : `${wrong} of ${rows} rows of its table are not what a loop over the file gives: that is a defect, please report it.`,
  );
  if (wrong > 0) process.exitCode = 1;
};

const run = async (): Promise<void> => {
  const dev = await begin();
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  try {
    await Promise.race([show(dev), interrupted]);
  } finally {
    await dev.stop();
  }
};

await run().catch((error: unknown) => {
  const hint = 'Without a cluster: npm run example:flights runs the same job in this process.';
  process.stderr.write(`${reasonOf(error)}\n${hint}\n`);
  process.exitCode = 1;
});
rmSync(folder, { recursive: true, force: true });
process.exit();
