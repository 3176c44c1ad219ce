#!/usr/bin/env node
/**
 * `bin` holds the programs: the `millrace` command here, and the entry points of threads. Each parses what it is given, wires
 * the parts together and runs; nothing is decided in them.
 */
import { main } from '../cli/main.ts';
import { createNodeIo } from '../cli/node-io.ts';
import { tellTrouble } from '../cli/trouble.ts';

// Errors of a job show the author's own file and line, although a bundle runs.
process.setSourceMapsEnabled(true);

const io = createNodeIo((trouble) => process.exit(tellTrouble(trouble, io.system.writeErrorNow)));
const code = await main(process.argv.slice(2), io);
await io.flushed();
// What a job has left open, a timer or a connection, must not keep a command from ending.
process.exit(code);
