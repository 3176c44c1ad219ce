#!/usr/bin/env node
/** The program behind `millrace dev`: parse, wire, run, until it is interrupted. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../../../runtime/src/contract/reason.ts';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { createLogger } from '../../../runtime/src/telemetry/logger.ts';
import { startDev } from './dev.ts';

process.setSourceMapsEnabled(true);

const system = createNodeSystem();
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const write = (text: string): void => void process.stdout.write(text);

const run = async (): Promise<void> => {
  const directory = resolve(process.env['MILLRACE_DEV_DIRECTORY'] ?? '.millrace');
  const port = Number(process.env['MILLRACE_DEV_PORT'] ?? 0);
  const dev = await startDev({
    system,
    logger: createLogger({ clock: system.clock, level: 'info', json: false, write }),
    directory,
    codeDirectory: process.cwd(),
    programAt: (name) =>
      fileURLToPath(new URL(`../../../runtime/src/bin/${name}.${extension}`, import.meta.url)),
    port,
  });
  write(`The cluster is there. In another terminal:\n  export KUBECONFIG=${join(directory, 'kubeconfig')}\n`);
  write(
    '  kubectl apply -f job.yaml && kubectl get streamjobs,pods --watch\nCtrl-C ends it, and all pods with it.\n',
  );
  const ended = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.resolve());
  await ended.promise;
  await dev.stop();
};

await run().catch((error: unknown) => {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exitCode = 2;
});
process.exit();
