import type { SubtaskReport } from '../../worker/slot-handle.ts';

/** What grew by how much in a second. */
type Rates = Readonly<Record<string, number>>;

/** A subtask as it was when rates were last counted from. */
interface Sample {
  readonly atMs: number;
  readonly counters: Rates;
}

/** Rates are over the time since a look that is so old at least, so that two who look by turns see the same. */
const leastSpanMs = 5000;
/** A subtask that nobody has looked at for so long is not compared with what it was. */
const longestSpanMs = 120_000;

const countersOf = ({ recordsIn, recordsOut, busyMs, blockedMs, flow }: SubtaskReport): Rates => ({
  numRecordsInPerSecond: recordsIn,
  numRecordsOutPerSecond: recordsOut,
  busyTimeMsPerSecond: busyMs,
  backPressuredTimeMsPerSecond: blockedMs,
  ...(flow === undefined
    ? {}
    : {
        numBytesInPerSecond: flow.input.bytes,
        numBytesOutPerSecond: flow.output.bytes,
        idleTimeMsPerSecond: flow.elapsedMs - busyMs - blockedMs,
      }),
});

const ratesBetween = (before: Sample, now: Sample): Rates | undefined => {
  const seconds = (now.atMs - before.atMs) / 1000;
  const rates: Record<string, number> = {};
  for (const [name, value] of Object.entries(now.counters)) {
    const grown = value - (before.counters[name] ?? 0);
    // Counters that went back are those of a new attempt; what is left of a second may be a little below nothing.
    if (grown < 0 && name !== 'idleTimeMsPerSecond') return undefined;
    rates[name] = Math.max(0, grown) / seconds;
  }
  return rates;
};

/** Rates of subtasks for those who look now and then: the names that end with PerSecond. */
export class SubtaskRates {
  /** By task and slot: what is compared with, and what will be when it is old enough. */
  private readonly samples = new Map<string, { base: Sample; next: Sample }>();

  /** The rates of each report at this time of a monotonic clock; none of a subtask that is seen first. */
  of(reports: readonly SubtaskReport[], nowMs: number): ReadonlyMap<SubtaskReport, Rates> {
    const all = new Map<SubtaskReport, Rates>();
    for (const report of reports) {
      const rates = this.look(`${report.task} ${report.slot}`, { atMs: nowMs, counters: countersOf(report) });
      if (rates !== undefined) all.set(report, rates);
    }
    return all;
  }

  private look(key: string, now: Sample): Rates | undefined {
    const known = this.samples.get(key);
    const isStale = known === undefined || now.atMs - known.next.atMs > longestSpanMs;
    const rates = isStale || now.atMs <= known.base.atMs ? undefined : ratesBetween(known.base, now);
    if (isStale || (rates === undefined && now.atMs > known.base.atMs)) {
      this.samples.set(key, { base: now, next: now });
    } else if (now.atMs - known.next.atMs >= leastSpanMs) {
      this.samples.set(key, { base: known.next, next: now });
    }
    return rates;
  }
}
