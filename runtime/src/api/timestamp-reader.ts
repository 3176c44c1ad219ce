/** Where the event time of a source's values is (ms since the epoch): a numeric field, or a function of value and number. */
export type TimestampOption<T> = (keyof T & string) | ((value: T, index: number) => number);

/** Writes the timestamps of these values to the front of `target`; `first` is the number of the first value. */
export type TimestampReader = (values: readonly unknown[], first: number, target: Float64Array) => void;

/**
 * Reads timestamps by a loop chosen once for the way they are found. A value without a numeric field has no timestamp (NaN);
 * undefined means that no value has one.
 */
export const createTimestampReader = <T>(selector: TimestampOption<T> | undefined): TimestampReader => {
  if (selector === undefined) return (_values, _first, target) => void target.fill(Number.NaN);
  if (typeof selector === 'function') {
    return (values, first, target) => {
      for (let i = 0; i < values.length; i++) target[i] = selector(values[i] as T, first + i);
    };
  }
  return (values, _first, target) => {
    for (let i = 0; i < values.length; i++) {
      const value = (values[i] as Readonly<Record<string, unknown>> | null | undefined)?.[selector];
      target[i] = typeof value === 'number' ? value : Number.NaN;
    }
  };
};
