import type { SinkName } from './job.ts';
import type { MoreSinkName } from './more-streams.ts';
import type { Row } from './outlet.ts';
import {
  allRecords,
  isBad,
  joinMs,
  type Numbered,
  sessionGapMs,
  type WorkloadSize,
  windowMs,
} from './records.ts';

/** What the workload publishes, computed without running it: the rows of each sink, in no order. */
export const expectedRows = (
  seed: number,
  size: WorkloadSize,
): Readonly<Record<SinkName, readonly Row[]>> => {
  const counts = new Map<string, number>();
  const windows = new Map<string, { key: string; startMs: number; records: number; amount: number }>();
  const rows: Record<SinkName, Row[]> = { windows: [], totals: [], counts: [] };
  for (const { key, amount, timeMs } of allRecords(seed, size)) {
    const seen = (counts.get(key) ?? 0) + 1;
    counts.set(key, seen);
    rows.counts.push({ key: `${key} number ${seen}`, value: `${seen}` });
    const startMs = Math.floor(timeMs / windowMs) * windowMs;
    const name = `${key} at ${startMs}`;
    const window = windows.get(name) ?? { key, startMs, records: 0, amount: 0 };
    windows.set(name, { ...window, records: window.records + 1, amount: window.amount + amount });
  }
  for (const [name, { key, startMs, records, amount }] of windows) {
    rows.windows.push({ key: name, value: `${records} records, ${amount}` });
    rows.totals.push({ key: `${key} until ${startMs + windowMs}`, value: `${amount}` });
  }
  return rows;
};

/** The sessions of one key: its records in order of time, cut where it was silent for the gap. */
const sessionsOf = (records: readonly Numbered[]): readonly (readonly Numbered[])[] => {
  const sessions: Numbered[][] = [];
  let endMs = -Infinity;
  for (const record of records.toSorted((one, other) => one.timeMs - other.timeMs)) {
    if (record.timeMs >= endMs) sessions.push([]);
    sessions.at(-1)?.push(record);
    endMs = record.timeMs + sessionGapMs;
  }
  return sessions;
};

const amountOf = (records: readonly Numbered[]): number =>
  records.reduce((total, { amount }) => total + amount, 0);

/** The dead letters, and what the streams beyond the simple ones publish. */
export const moreExpectedRows = (
  seed: number,
  size: WorkloadSize,
): Readonly<Record<MoreSinkName | 'letters', readonly Row[]>> => {
  const records = allRecords(seed, size);
  const placeOf = ({ partition, sequence }: Numbered): string => `${partition} ${sequence}`;
  const left = records.filter(({ partition }) => partition === 0);
  const right = records.filter(({ partition }) => partition === 1);
  return {
    sessions: [...Map.groupBy(records, ({ key }) => key)].flatMap(([key, ofKey]) =>
      sessionsOf(ofKey).map((found) => ({
        key: `${key} from ${found[0]?.timeMs}`,
        value: `${found.length} records, ${amountOf(found)}`,
      })),
    ),
    slow: [
      ...Map.groupBy(records, ({ key, timeMs }) => `${key} at ${Math.floor(timeMs / windowMs) * windowMs}`),
    ].map(([key, found]) => ({ key, value: `${amountOf(found)}` })),
    pairs: left.flatMap((one) =>
      right
        .filter(({ key, timeMs }) => key === one.key && Math.abs(timeMs - one.timeMs) <= joinMs)
        .map(({ sequence }) => ({ key: `${one.sequence} with ${sequence}`, value: one.key })),
    ),
    seen: records
      .filter(({ sequence }) => !isBad(sequence))
      .map((record) => ({ key: placeOf(record), value: record.key })),
    letters: records
      .filter(({ sequence }) => isBad(sequence))
      .map((record) => ({ key: placeOf(record), value: 'bad' })),
  };
};
