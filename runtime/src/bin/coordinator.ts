#!/usr/bin/env node
/**
 * The program of a coordinator: parse, wire, run. It runs a job over workers that others start, and serves its control API; a coordinator
 * that takes the place of one that died goes on from the last checkpoint, with the same workers.
 */
import { coordinatorWords } from '../cli/coordinator-words.ts';
import { errorText } from '../cli/error-text.ts';
import { main } from '../cli/main.ts';
import { createNodeIo } from '../cli/node-io.ts';
import { tellTrouble } from '../cli/trouble.ts';
import { terminationMessage, terminationVariable } from '../contract/termination-message.ts';
import { leaveWords } from '../sys/last-words.ts';

process.setSourceMapsEnabled(true);

const io = createNodeIo((trouble) => process.exit(tellTrouble(trouble, io.system.writeErrorNow)));

const run = async (): Promise<number> => {
  const path = process.argv[2];
  const file = path === undefined ? undefined : { path, text: io.system.files.readText(path) };
  return await main([...coordinatorWords(file, process.env)], io);
};

const code = await run().catch((error: unknown) => {
  leaveWords(io.system, process.env[terminationVariable], terminationMessage(error));
  io.error(`${errorText(error)}\n`);
  return 2;
});
await io.flushed();
process.exit(code);
