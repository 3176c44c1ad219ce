import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeadLetterParcel } from '../../src/task/dead-letter-box.ts';
import { type Crashes, crashes, runCrashing } from './crashing.ts';
import { failingStep, lettersOf } from './failing-steps.ts';
import { items } from './items.ts';
import { lateProgram, settings } from './late-windows.ts';
import { modelled, orderedStep, perKey } from './ordered-steps.ts';
import { givenItems, modelOf, mostResults, program } from './program.ts';
import { textOf, timedText } from './text.ts';
import { plainWay, streamingWay, type Way, way } from './ways.ts';

/** More by hand: `CRASH_RUNS=2000 CRASH_SEED=1`. */
const runs = Number(process.env['CRASH_RUNS'] ?? 40);
const seed = process.env['CRASH_SEED'];
const parameters = { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) };
const longestMs = 60_000 + runs * 1000;

const texts = (list: readonly unknown[]): readonly string[] => list.map(textOf).toSorted();

const ofOneSlot = (how: Way): Way => ({ ...how, parallelism: 1, moves: 0 });

const inOneSlot = (plan: Crashes): Crashes => ({
  ...plan,
  lives: plan.lives.map((life) => ({ ...life, parallelism: 1 })),
});

describe('wherever a program fails, is killed or stopped, and however many slots it goes on with', () => {
  it(
    'the results of a plain model are shown once',
    async () => {
      await fc.assert(
        fc.asyncProperty(givenItems, program, way, crashes, async (given, steps, how, plan) => {
          const expected = modelOf(steps, given);
          fc.pre(expected.length < mostResults);
          const [results = []] = await runCrashing(
            (world) => [
              steps.reduce(
                (stream, step) => world.fragile(step.apply(stream, world)),
                world.fragile(world.source(given)),
              ),
            ],
            how,
            plan,
          );
          expect(results.map(timedText).toSorted()).toEqual(expected.map(timedText).toSorted());
        }),
        parameters,
      );
    },
    longestMs,
  );

  it(
    'each key sees its records once and in order',
    async () => {
      await fc.assert(
        fc.asyncProperty(items(40), orderedStep, streamingWay, crashes, async (given, step, how, plan) => {
          const [results = []] = await runCrashing(
            (world) => [step.apply(world.fragile(world.source(given)).setParallelism(1).keyBy('key'))],
            how,
            plan,
            { sourceParallelism: 1 },
          );
          const came = results.map(({ item }) => item);
          // Results of a key come from several slots; their contents tell the order.
          expect(perKey(came, { moves: 1 })).toEqual(perKey(modelled(step, given), { moves: 1 }));
        }),
        parameters,
      );
    },
    longestMs,
  );

  it(
    'records that fail are dead letters once, and leave nothing else',
    async () => {
      await fc.assert(
        fc.asyncProperty(items(40), failingStep, streamingWay, crashes, async (given, step, how, plan) => {
          const letters = new Map<string, readonly unknown[]>();
          const commit = (parcels: readonly DeadLetterParcel[]): void => {
            for (const parcel of parcels)
              letters.set(
                parcel.id,
                parcel.letters.map(({ record }) => record),
              );
          };
          const [results = []] = await runCrashing(
            (world) => [step.apply(world.source(given).keyBy('key'))],
            how,
            {
              ...plan,
              lives: plan.lives.map((life) => ({ ...life, failures: withoutSteps(life.failures) })),
            },
            {
              sourceParallelism: 1,
              options: {
                deadLetterPolicy: 'deadLetter',
                deadLetters: () => undefined,
                deadLetterParcels: { commit },
              },
            },
          );
          expect(texts(results.map(({ item }) => item))).toEqual(texts(modelled(step, given)));
          expect(texts([...letters.values()].flat())).toEqual(texts(lettersOf(step, given)));
        }),
        parameters,
      );
    },
    longestMs,
  );

  it(
    'the same records are late in one slot, and windows fire the same in the same order',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          items(30),
          settings,
          streamingWay.map(ofOneSlot),
          crashes.map(inOneSlot),
          async (given, chosen, how, plan) => {
            const slowly = { ...plan, batchRecords: 1 };
            const build = (world: Parameters<Parameters<typeof runCrashing>[0]>[0]) =>
              lateProgram(world.read(given), chosen)(world);
            const expected = await runCrashing(build, plainWay, { ...slowly, lives: [], refusesEvery: 0 });
            const came = await runCrashing(build, how, slowly);
            expect(came.map((stream) => stream.map(timedText))).toEqual(
              expected.map((stream) => stream.map(timedText)),
            );
          },
        ),
        parameters,
      );
    },
    longestMs,
  );
});

/** A failure within a step would be a dead letter too. */
function withoutSteps(failures: Crashes['lives'][number]['failures']): typeof failures {
  return failures.filter(({ where }) => where !== 'step');
}
