/**
 * `generator` makes records out of their number: for load, for examples and for tests that need data of any size. Records
 * are numbered from 0; a record depends on its number and the seed only, never on parallelism or on restarts. Numbers are
 * dealt to splits in *blocks* like cards, so that all subtasks move through event time together.
 */
import { checkOptions } from '../../api/connector-options.ts';
import type { Source } from '../../api/connectors.ts';
import { createFixedSplits, type FixedSplitsState } from '../../api/fixed-splits.ts';
import { createSplitReader } from '../../api/split-reader.ts';
import { createBlockReader, createRowMaker, type GeneratorSplit } from './blocks.ts';
import { type GeneratorOptions, schemaFor } from './options.ts';

export type { GeneratorSplit } from './blocks.ts';
export type { BatchGeneratorOptions, GeneratorOptions, RowGeneratorOptions } from './options.ts';
export type { RecordRandom } from './random.ts';

const longestBlock = 2048;

/** Short blocks when records come slowly, so that each subtask gets its share of every 50 ms. */
const blockLength = (recordsPerSecond: number | undefined): number =>
  recordsPerSecond === undefined
    ? longestBlock
    : Math.min(longestBlock, Math.max(1, Math.ceil(recordsPerSecond / 20)));

const create = <T>(
  options: GeneratorOptions<T>,
  fields: readonly string[] | undefined,
): Source<T, GeneratorSplit, FixedSplitsState<GeneratorSplit>> => {
  const batched = 'generateBatch' in options;
  return {
    kind: 'generator',
    boundedness: options.count === undefined ? 'endless' : 'bounded',
    fields,
    ...(batched ? { withFields: (names: readonly string[]) => create<T>(options, names) } : {}),
    createEnumerator: (context, restored) => {
      const step = options.splits ?? context.parallelism;
      const blockRecords = blockLength(options.recordsPerSecond);
      const splits = Array.from({ length: step }, (_, first) => ({
        id: `blocks-${first}`,
        first,
        step,
        blockRecords,
        position: 0,
      }));
      return createFixedSplits(context, splits, restored);
    },
    createReader: (context) => {
      const make = batched
        ? (from: number, count: number) => options.generateBatch(from, count, fields)
        : createRowMaker(options);
      return createSplitReader({
        order: 'together',
        requestSplit: () => context.requestSplit(),
        start: (split) => createBlockReader(split, options, make, context),
      });
    },
  };
};

/**
 * A source of generated records; bounded when `count` is given.
 * @throws MillraceError job-invalid when an option is wrong.
 */
export const generator = <T>(
  options: GeneratorOptions<T>,
): Source<T, GeneratorSplit, FixedSplitsState<GeneratorSplit>> => {
  checkOptions('generator', schemaFor(options), options);
  return create(options, undefined);
};
