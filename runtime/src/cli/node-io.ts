import { createNodeSystem } from '../sys/node-system.ts';
import type { CommandIo, Terminal, Trouble } from './command-io.ts';
import { nodeTerminal } from './node-terminal.ts';

/** The process that the command really runs in. */
export interface NodeIo extends CommandIo {
  /** Resolves when all that was written has been taken by who reads it, or never will be. */
  flushed(): Promise<void>;
}

/** Tells of trouble until the process ends; `unheard` takes what nobody listens to. */
const listenForTrouble = (unheard: (trouble: Trouble) => void): CommandIo['onTrouble'] => {
  const handlers = new Set<(trouble: Trouble) => void>();
  const tell = (trouble: Trouble): void => {
    if (handlers.size === 0) unheard(trouble);
    for (const handler of handlers) handler(trouble);
  };
  process.on('uncaughtException', (error: unknown) => tell({ kind: 'uncaught', error }));
  let isBroken = false;
  process.stdout.on('error', (error) => {
    if (isBroken) return;
    isBroken = true;
    tell({ kind: 'output', error });
  });
  // What threads still print goes nowhere then: they wait until it is taken, and could not end.
  process.stdout.on('unpipe', (source) => source.resume());
  // Whoever closed standard error does not want to know.
  process.stderr.on('error', () => undefined);
  return (handler) => {
    handlers.add(handler);
    return () => void handlers.delete(handler);
  };
};

const flush = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

/** The process around the command. To be called once: it listens to the process. */
export const createNodeIo = (unheard: (trouble: Trouble) => void): NodeIo => {
  const terminal: Terminal | undefined = nodeTerminal(process.stdout, process.stderr);
  return {
    system: createNodeSystem(),
    workingDirectory: process.cwd(),
    environment: process.env,
    setVariable: (name, value) => {
      process.env[name] = value;
    },
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    terminal,
    onInterrupt: (handler) => {
      process.on('SIGINT', handler).on('SIGTERM', handler);
      return () => void process.off('SIGINT', handler).off('SIGTERM', handler);
    },
    onTrouble: listenForTrouble(unheard),
    flushed: async () => {
      await flush(process.stdout);
      await flush(process.stderr);
    },
  };
};
