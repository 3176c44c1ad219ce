/** Run by a test in a process of its own: random programs over real threads, each compared to its model. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freezeJob } from '../../src/artifact/freeze.ts';
import { resolveMillraceToThisRuntime } from '../../src/artifact/resolve.ts';
import { createThreadedJob } from '../../src/coordinator/threads.ts';
import { isTerminal } from '../../src/coordinator/transitions.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { modelOf, mostResults } from './program.ts';
import { stateIn } from './stored.ts';
import { timedText } from './text.ts';
import { drawn, uncommitted } from './thread-job.ts';

const [firstSeed = 0, count = 1, parallelism = 2, moves = 0, crashes = 0, alignmentTimeoutMs] = process.argv
  .slice(2)
  .map(Number);
const seeds = Array.from({ length: count }, (_, i) => firstSeed + i).filter(
  (seed) => expectedOf(seed).length < mostResults,
);
const folder = mkdtempSync(join(tmpdir(), 'millrace-law-'));
resolveMillraceToThisRuntime();
const system = createNodeSystem();
const artifact = await freezeJob(system, fileURLToPath(new URL('./thread-job.ts', import.meta.url)), folder);

const job = await createThreadedJob(artifact, {
  system,
  logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
  jobName: 'law',
  args: { seeds: seeds.join(' '), folder, crashes: `${crashes}` },
  parallelism,
  mode: 'Streaming',
  restart: { strategy: 'FixedDelay', attempts: crashes, delayMs: 0 },
  state:
    crashes === 0 ? undefined : stateIn(system, new MemoryStore(system.clock), 'law', alignmentTimeoutMs),
  deadLetterPolicy: 'fail',
  deadLetters: () => undefined,
  baseDirectory: folder,
});
job.start();
let moved = 0;
const moveSoon = (): void => {
  if (moved >= moves || isTerminal(job.state)) return;
  if (job.state === 'running') {
    const keyGroups = Array.from({ length: 40 }, (_, i) => (moved * 13 + i * 3) % 128);
    job.moveKeyGroups(keyGroups, moved++ % parallelism);
  }
  system.timers.soon(moveSoon);
};
moveSoon();
const { state, error, attempts } = await job.ended;
if (state !== 'finished') throw error;

let compared = 0;
for (const seed of seeds) {
  const files = readdirSync(folder).filter(
    (name) => name.startsWith(`${seed}-`) && !name.endsWith(uncommitted),
  );
  const came = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1));
  assert.deepEqual(came.toSorted(), expectedOf(seed), `seed ${seed}`);
  compared += came.length;
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${compared} ${moved} ${attempts}\n`);

function expectedOf(seed: number): readonly string[] {
  const { given, steps } = drawn(seed);
  return modelOf(steps, given).map(timedText).toSorted();
}
