/** The job of `on-threads.ts`: random programs side by side, drawn anew in every thread from their seeds. Results go to files as texts. */
import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import type { ConnectorContext, Job, Sink } from 'millrace';
import { build, givenItems, type Program, program } from './program.ts';
import { timedText } from './text.ts';
import { worldOf } from './world.ts';

/** The items and the program of a seed. */
export const drawn = (
  seed: number,
): { readonly given: Parameters<typeof build>[1]; readonly steps: Program } => {
  const [[given, steps] = [[], []]] = fc.sample(fc.tuple(givenItems, program), { seed, numRuns: 1 });
  return { given, steps };
};

/** Writes a line a record; nothing is shared between the threads. */
const lines = (path: string): Sink<unknown> => ({
  kind: 'lines',
  delivery: 'none',
  createWriter: ({ subtask }: ConnectorContext) => ({
    write: (batch) => {
      const texts = batch
        .rows()
        .slice(0, batch.length)
        .map((item, i) => `${timedText({ item, timestampMs: batch.timestamps[i] as number })}\n`);
      appendFileSync(`${path}-${subtask}`, texts.join(''));
    },
    flush: () => undefined,
    close: () => undefined,
  }),
});

const job: Job = (env, { seeds = '', folder = '' }) => {
  const world = worldOf(env, { columns: false, moves: 0 });
  for (const seed of seeds.split(' ')) {
    const { given, steps } = drawn(Number(seed));
    build(steps, given, world).sinkTo(lines(`${folder}/${seed}`));
  }
};
export default job;
