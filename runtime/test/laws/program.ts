/** Random programs over items. */

import fc from 'fast-check';
import type { DataStream } from 'millrace';
import { type Item, items, type Timed, timed } from './items.ts';
import { joinStep } from './join-steps.ts';
import { keyedStep } from './keyed-steps.ts';
import { recordStep } from './record-steps.ts';
import type { Step, World } from './step.ts';

export type Program = readonly Step[];

const named = (steps: Program): Program =>
  Object.assign(steps, { [fc.toStringMethod]: () => `[${steps.map(({ name }) => name).join(' → ')}]` });

/** Programs of a few steps with at most one join, so that what comes out stays small. */
export const program: fc.Arbitrary<Program> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: recordStep }, { weight: 2, arbitrary: keyedStep }), {
      maxLength: 3,
    }),
    fc.option(joinStep),
    fc.array(fc.oneof(recordStep, keyedStep), { maxLength: 2 }),
  )
  .map(([before, join, after]) => named([...before, ...(join === null ? [] : [join]), ...after]));

/** The most items that a program gets. */
export const givenItems: fc.Arbitrary<readonly Item[]> = items(40);

export const build = (steps: Program, given: readonly Item[], world: World): DataStream<Item> =>
  steps.reduce((stream, step) => step.apply(stream, world), world.source(given));

/** What the models say comes out, in no order. */
export const modelOf = (steps: Program, given: readonly Item[]): readonly Timed[] =>
  steps.reduce((records, step) => step.model(records), timed(given));

/** More results than these are not worth their time. */
export const mostResults = 3000;
