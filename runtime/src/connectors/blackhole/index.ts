/**
 * `blackhole` takes records and forgets them: for measuring what comes before it. It looks at nothing but the length of a
 * batch, so records in columns are never turned into objects for it.
 */
import type { Sink } from '../../api/connectors.ts';

/** A sink that keeps nothing. */
export const blackhole = <T>(): Sink<T> => ({
  kind: 'blackhole',
  delivery: 'none',
  createWriter: () => ({ write: () => {}, flush: () => {}, close: () => {} }),
});
