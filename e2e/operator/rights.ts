/**
 * The command: `npm run e2e:rights`, behind scenarios on the node. Compares what the operators there have asked the API server for, by its audit log, with the rights that
 * the chart gives them. Fails when one is missing.
 */
import { join } from 'node:path';
import { rights } from '../../operator/src/kube/rights.ts';
import { rightsUse } from '../checkers/rights.ts';
import { readAudit } from '../harness/audit.ts';
import { clusterFolder } from '../harness/tools.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const asked = readAudit(join(clusterFolder, 'state/audit.jsonl'));
const { missing, unused } = rightsUse(rights, asked);
print(`${asked.length} calls`);
for (const words of missing) print(`missing: ${words}`);
for (const words of unused) print(`unused: ${words}`);
if (asked.length === 0 || missing.length > 0) process.exitCode = 1;
