#!/usr/bin/env node
/** The program that does in a store what its job cannot do any more: parse, wire, run. Its answer is its last word. */
import { resolve } from 'node:path';
import { maintenanceVariable } from '../contract/maintenance.ts';
import { terminationMessage, terminationVariable } from '../contract/termination-message.ts';
import { maintainOnce, parseRequest } from '../maintenance/maintain.ts';
import { leaveWords } from '../sys/last-words.ts';
import { createNodeSystem } from '../sys/node-system.ts';

process.setSourceMapsEnabled(true);

const system = createNodeSystem();
const { env } = process;
const log = env[terminationVariable] ?? '/dev/termination-log';

try {
  const answer = await maintainOnce(system, parseRequest(env[maintenanceVariable]), {
    baseDirectory: resolve(env['MILLRACE_CODE_DIRECTORY'] ?? '.'),
    environment: env,
    credentialsDirectory: env['MILLRACE_CREDENTIALS_DIRECTORY'],
    authorityDirectory: env['MILLRACE_AUTHORITY_DIRECTORY'],
  });
  const words = JSON.stringify(answer);
  process.stdout.write(`${words}\n`);
  leaveWords(system, log, words);
} catch (error) {
  const words = terminationMessage(error);
  system.writeErrorNow(`${words}\n`);
  leaveWords(system, log, words);
  process.exitCode = 1;
}
