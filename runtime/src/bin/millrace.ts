#!/usr/bin/env node
/**
 * `bin` holds the programs: the `millrace` command here, and the entry points of threads. Each parses what it is given, wires
 * the parts together and runs; nothing is decided in them.
 */
import { main } from '../cli/main.ts';
import { createNodeSystem } from '../sys/node-system.ts';

// Errors of a job show the author's own file and line, although a bundle runs.
process.setSourceMapsEnabled(true);

process.exitCode = await main(process.argv.slice(2), {
  system: createNodeSystem(),
  workingDirectory: process.cwd(),
  environment: process.env,
  setVariable: (name, value) => {
    process.env[name] = value;
  },
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  terminal: process.stderr.isTTY ? { columns: process.stderr.columns } : undefined,
  onInterrupt: (handler) => {
    process.on('SIGINT', handler).on('SIGTERM', handler);
    return () => void process.off('SIGINT', handler).off('SIGTERM', handler);
  },
});
