import type { SinkName } from './job.ts';
import type { Row } from './outlet.ts';
import { allRecords, type WorkloadSize, windowMs } from './records.ts';

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
