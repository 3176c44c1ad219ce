#!/usr/bin/env node
/** `kubectl millrace`: the program that kubectl finds by its name. */
import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { kubeConfigAccess, namespaceInKubeConfig } from '../kube/kube-config.ts';
import { Transport } from '../kube/transport.ts';
import { clusterWords, forwardPort } from './plugin/forward.ts';
import { main } from './plugin/main.ts';
import type { PluginIo } from './plugin/plugin-io.ts';

process.setSourceMapsEnabled(true);

const callTimeoutMs = 15_000;
const system = createNodeSystem();

const io: PluginIo = {
  system,
  workingDirectory: process.cwd(),
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  connect: async ({ kubeconfig, context, namespace }) => {
    const choice = { path: kubeconfig, context };
    const access = kubeConfigAccess(system, choice);
    const client = new Transport({ system, access, callTimeoutMs, patchManager: 'kubectl-millrace' });
    return { client, namespace: namespace ?? (await namespaceInKubeConfig(choice)) ?? 'default' };
  },
  forward: (choice, pod, port) => forwardPort(system.processes, process.cwd(), { choice, pod, port }),
  kubectl: async (choice, words) => {
    const { code, problem } = await system.processes.attach('kubectl', [...words, ...clusterWords(choice)]);
    if (code === 0) return;
    throw new MillraceError('io', `kubectl ${words[0]} failed: ${problem ?? `it ended with ${code}`}.`);
  },
};

// Whoever reads no further, such as `head`, has what it wanted.
process.stdout.on('error', () => process.exit(0));
const code = await main(process.argv.slice(2), io);
await new Promise<void>((flushed) => void process.stdout.write('', () => flushed()));
process.exit(code);
