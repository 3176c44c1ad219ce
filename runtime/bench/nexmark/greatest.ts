import type { AggregateFunction, Collector } from 'millrace';

interface Greatest<T> {
  readonly records: T[];
  value: number;
}

/** The records with the greatest number; several when it comes up several times, in order of arrival. */
export const greatestBy = <T>(
  read: (record: T) => number,
): AggregateFunction<T, Greatest<T>, readonly T[]> => ({
  create: () => ({ records: [], value: -Infinity }),
  add: (greatest, record) => {
    const value = read(record);
    if (value < greatest.value) return greatest;
    if (value > greatest.value) {
      greatest.records.length = 0;
      greatest.value = value;
    }
    greatest.records.push(record);
    return greatest;
  },
  result: ({ records }) => records,
});

/** Emits the records of a list. */
export const emitEach = <T>(records: readonly T[], output: Collector<T>): void => {
  for (const record of records) output.emit(record);
};
