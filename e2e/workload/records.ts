/**
 * The *workload* of the scenarios: a job with a window, state by key, two two-phase sinks and dead letters (`job.ts`), and what comes out of it
 * when nothing fails, computed here by a plain loop. Nothing in it depends on the order in which records of several slots meet.
 */
import type { Row } from '../../runtime/sim/workload/outlet.ts';

export interface Input {
  readonly index: number;
  readonly key: string;
  readonly time: number;
}

const keys = 50;
const stepMs = 10;
const poisonEvery = 97;

export const windowMs = 5000;
/** Every how many records of a key one goes to the table. */
export const tellEvery = 5;

export const inputAt = (index: number): Input => ({
  index,
  key: `key-${(index * 7) % keys}`,
  time: index * stepMs,
});

/** A record that makes the job's function throw. */
export const isPoison = (index: number): boolean => index % poisonEvery === poisonEvery - 1;

/** What each place must have in the end, in any order. */
export interface Output {
  /** Parts of the files sink: windows by key. */
  readonly windows: readonly Row[];
  /** The table of the SQLite sink: how many records a key has had. */
  readonly counts: readonly Row[];
  /** The dead letters. */
  readonly letters: readonly Row[];
}

/** The count comes first: it is what the conservation of records is checked by. */
export const windowRow = (key: string, startMs: number, count: number, sum: number): Row => ({
  key: `${key} from ${startMs}`,
  value: `${count} records, sum ${sum}`,
});
export const countRow = (key: string, count: number): Row => ({ key, value: `${count}` });
export const letterRow = (index: number): Row => ({ key: `record ${index}`, value: 'dead' });

/** The golden run of so many records. */
export const expectedOutput = (records: number): Output => {
  const windows = new Map<string, { key: string; startMs: number; count: number; sum: number }>();
  const counts = new Map<string, number>();
  const tellings: Row[] = [];
  const letters: Row[] = [];
  for (let index = 0; index < records; index++) {
    if (isPoison(index)) {
      letters.push(letterRow(index));
      continue;
    }
    const { key, time } = inputAt(index);
    const startMs = time - (time % windowMs);
    const name = `${key} ${startMs}`;
    const window = windows.get(name) ?? { key, startMs, count: 0, sum: 0 };
    windows.set(name, { ...window, count: window.count + 1, sum: window.sum + index });
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count % tellEvery === 0) tellings.push(countRow(key, count));
  }
  return {
    windows: [...windows.values()].map(({ key, startMs, count, sum }) => windowRow(key, startMs, count, sum)),
    counts: tellings,
    letters,
  };
};
