/**
 * `hybrid` reads several sources one after the other: history from files, then what is live. A source begins when every
 * subtask has read the one before to its end, so that no record of the next can overtake one of the last.
 */
import type { Source } from '../../api/connectors.ts';
import { MillraceError } from '../../contract/errors.ts';
import { HybridEnumerator, type HybridSplit, type HybridState } from './enumerator.ts';
import { HybridReader } from './reader.ts';

export type { HybridSplit, HybridState } from './enumerator.ts';

const checkSources = (sources: readonly Source<unknown>[]): void => {
  const endless = sources.findIndex(
    ({ boundedness }, i) => boundedness === 'endless' && i < sources.length - 1,
  );
  if (endless < 0) return;
  throw new MillraceError(
    'job-invalid',
    `hybrid() got an endless source (${sources[endless]?.kind}, number ${endless + 1}) before its last: nothing would come after it.`,
    { hint: 'Put bounded sources first and at most one endless source at the end.' },
  );
};

const create = <T>(sources: readonly Source<T>[]): Source<T, HybridSplit, HybridState> => {
  const last = sources.at(-1) as Source<T>;
  const selectable = sources.every((source) => source.withFields !== undefined);
  return {
    kind: `hybrid(${sources.map(({ kind }) => kind).join(', ')})`,
    boundedness: last.boundedness,
    ...(selectable
      ? {
          withFields: (fields: readonly string[]) =>
            create(sources.map((source) => source.withFields?.(fields) ?? source)),
        }
      : {}),
    createEnumerator: (context, restored) => new HybridEnumerator(sources, context, restored),
    createReader: (context) => new HybridReader(sources, context as never),
  };
};

/**
 * A source that reads `first` and then each of `then`. All but the last must be bounded.
 * @throws MillraceError job-invalid when a source that never ends stands before another.
 */
export const hybrid = <T>(
  first: Source<T>,
  ...then: readonly Source<T>[]
): Source<T, HybridSplit, HybridState> => {
  const sources = [first, ...then];
  checkSources(sources);
  return create(sources);
};
