/** The job of `on-threads.ts`: random programs side by side, drawn anew in every thread from their seeds. Results go to files as texts. */
import { appendFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import type { ConnectorContext, DataStream, Job, RuntimeContext } from 'millrace';
import type { TwoPhaseSink } from '../../src/api/connectors.ts';
import type { Item } from './items.ts';
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

/** Behind the name of a file that is not committed. */
export const uncommitted = '.uncommitted';

/** Writes a line a record, a file a checkpoint where there are any; nothing is shared between the threads. */
const lines = (path: string): TwoPhaseSink<unknown, string> => ({
  kind: 'lines',
  delivery: 'exactly-once',
  createWriter: ({ subtask, attempt, checkpoints }: ConnectorContext) => {
    let texts: string[] = [];
    return {
      write: (batch) => {
        const rows = batch.rows();
        for (let i = 0; i < batch.length; i++) {
          texts.push(`${timedText({ item: rows[i], timestampMs: batch.timestamps[i] as number })}\n`);
        }
      },
      prepare: async (checkpointId) => {
        if (texts.length === 0) return [];
        const name = `${path}-${subtask}-${attempt}-${checkpointId}`;
        writeFileSync(name + uncommitted, texts.join(''));
        texts = [];
        return [name];
      },
      flush: () => {
        if (checkpoints !== true) appendFileSync(`${path}-${subtask}`, texts.splice(0).join(''));
      },
      close: () => undefined,
    };
  },
  createCommitter: () => ({
    commit: async (name) => {
      if (existsSync(name + uncommitted)) renameSync(name + uncommitted, name);
    },
    abort: async (name) => rmSync(name + uncommitted, { force: true }),
  }),
});

/** So many records of a thread, for each attempt as many times. */
const recordsToFailure = 20;

const job: Job = (env, { seeds = '', folder = '', crashes = '0' }) => {
  const world = worldOf(env, { columns: false, moves: Number(crashes), restTurns: 10, batchRecords: 1 });
  let seen = 0;
  /** Changes nothing, and throws in as many attempts as there are crashes. */
  const fragile = (stream: DataStream<Item>): DataStream<Item> => {
    let attempt = 0;
    return stream.map({
      open: (context: RuntimeContext) => {
        attempt = context.attempt;
      },
      map: (item: Item) => {
        if (attempt <= Number(crashes) && ++seen === recordsToFailure * attempt) throw new Error('planned');
        return item;
      },
    });
  };
  for (const seed of seeds.split(' ')) {
    const { given, steps } = drawn(Number(seed));
    const results = build(steps, given, world);
    (crashes === '0' ? results : fragile(results)).sinkTo(lines(`${folder}/${seed}`));
  }
};
export default job;
