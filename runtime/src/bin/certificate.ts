#!/usr/bin/env node
/**
 * The program that makes the key of a coordinator's control API, before the coordinator starts: parse, wire, run. The certificate's
 * fingerprint is its last word, which the operator finds in the status of the pod.
 */
import { terminationMessage, terminationVariable } from '../contract/termination-message.ts';
import { makeServingCertificate } from '../coordinator/control/serving-certificate.ts';
import { leaveWords } from '../sys/last-words.ts';
import { createNodeSystem } from '../sys/node-system.ts';

const system = createNodeSystem();
const log = process.env[terminationVariable] ?? '/dev/termination-log';
// The key is for this user alone.
process.umask(0o077);

try {
  const directory = process.env['MILLRACE_CONTROL_TLS_DIRECTORY'] ?? '/var/run/millrace/tls';
  const fingerprint = makeServingCertificate(system, directory);
  leaveWords(system, log, JSON.stringify({ fingerprint }));
} catch (error) {
  const words = terminationMessage(error);
  system.writeErrorNow(`${words}\n`);
  leaveWords(system, log, words);
  process.exitCode = 1;
}
