#!/usr/bin/env node
/** The program that brings the code of a job into its pod before the coordinator starts: parse, wire, run. */
import { resolve } from 'node:path';
import { terminationMessage, terminationVariable } from '../contract/termination-message.ts';
import { fetchBundle } from '../delivery/fetch-bundle.ts';
import { leaveWords } from '../sys/last-words.ts';
import { createNodeSystem } from '../sys/node-system.ts';

const system = createNodeSystem();
const { env } = process;
const log = env[terminationVariable] ?? '/dev/termination-log';

try {
  const bundle = { url: env['MILLRACE_BUNDLE_URL'] ?? '', sha256: env['MILLRACE_BUNDLE_SHA256'] ?? '' };
  const files = await fetchBundle(system, bundle, resolve(env['MILLRACE_CODE_DIRECTORY'] ?? '.'));
  leaveWords(system, log, JSON.stringify({ files }));
} catch (error) {
  const words = terminationMessage(error);
  system.writeErrorNow(`${words}\n`);
  leaveWords(system, log, words);
  process.exitCode = 1;
}
