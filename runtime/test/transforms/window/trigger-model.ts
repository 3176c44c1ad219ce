/**
 * Windows with any trigger and evictor, as simply as they can be written: a list of panes, looked through from end to end for
 * whatever is due. Timers are not kept: each pane says when it wants to be looked at.
 */
import type { Evictor, WindowRecord } from '../../../src/api/triggers.ts';

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

type Domain = 'event' | 'processing';

/** What a pane remembers. */
export interface Pane extends Span {
  readonly key: unknown;
  readonly records: readonly (WindowRecord<number> & { readonly arrival: number })[];
  readonly count: number;
  /** When it is looked at next by either clock, Infinity = never. */
  readonly eventMs: number;
  readonly clockMs: number;
  /** When a continuous trigger is to fire; kept after the end. */
  readonly nextMs: number | undefined;
  readonly last: number | undefined;
}

export interface Now {
  readonly watermarkMs: number;
  readonly clockMs: number;
}

/** A trigger: what it makes of a pane for a new record, or when a time of the pane has come. */
export interface TriggerCase {
  readonly name: string;
  onRecord(pane: Pane, record: WindowRecord<number>, now: Now): readonly [Pane, boolean];
  /** `timeMs` is the pane's `eventMs` or `clockMs`. */
  onTime(pane: Pane, domain: Domain, timeMs: number): readonly [Pane, boolean];
  /** The pane has just been made of several; absent = the trigger cannot be used where windows merge. */
  onMerge?(pane: Pane, now: Now): Pane;
  readonly purges: boolean;
}

export interface ModelSettings {
  readonly domain: Domain;
  readonly assign: (timeMs: number) => readonly Span[];
  readonly merges: boolean;
  readonly trigger: TriggerCase;
  readonly latenessMs: number;
  readonly evictor?: Evictor<number> | undefined;
}

const empty = (key: unknown, { startMs, endMs }: Span): Pane => ({
  key,
  startMs,
  endMs,
  records: [],
  count: 0,
  eventMs: Infinity,
  clockMs: Infinity,
  nextMs: undefined,
  last: undefined,
});

export class TriggerModel {
  readonly late: number[] = [];
  private readonly settings: ModelSettings;
  private panes: readonly Pane[] = [];
  private now: Now = { watermarkMs: -Infinity, clockMs: 0 };
  private arrivals = 0;
  private output: string[] = [];

  constructor(settings: ModelSettings) {
    this.settings = settings;
  }

  /** What has come out since the last call. */
  take(): readonly string[] {
    return this.output.splice(0);
  }

  record(key: unknown, value: number, timestampMs: number): void {
    const { domain, assign, merges, latenessMs, trigger } = this.settings;
    const isOver = (span: Span): boolean =>
      domain === 'event' && span.endMs - 1 + latenessMs <= this.now.watermarkMs;
    const record = { value, timestampMs, arrival: this.arrivals++ };
    let isAdded = false;
    for (const span of assign(domain === 'event' ? timestampMs : this.now.clockMs)) {
      const met = this.panes.filter((pane) => pane.key === key && this.belongs(pane, span, merges));
      if (met.length === 0 && isOver(span)) continue;
      isAdded = true;
      const pane = met.length === 0 ? empty(key, span) : this.merged(met, span);
      this.panes = this.panes.filter((other) => !met.includes(other));
      const [changed, fires] = trigger.onRecord(
        { ...pane, records: [...pane.records, record].toSorted((a, b) => a.arrival - b.arrival) },
        record,
        this.now,
      );
      this.panes = [...this.panes, fires ? this.fire(changed) : changed];
    }
    if (!isAdded) this.late.push(value);
  }

  watermark(watermarkMs: number): void {
    this.now = { ...this.now, watermarkMs: Math.max(this.now.watermarkMs, watermarkMs) };
    this.runDue('event', this.now.watermarkMs);
  }

  clock(clockMs: number): void {
    this.now = { ...this.now, clockMs: Math.max(this.now.clockMs, clockMs) };
    this.runDue('processing', this.now.clockMs);
  }

  private merged(panes: readonly Pane[], span: Span): Pane {
    const [first] = panes as readonly [Pane, ...Pane[]];
    const startMs = Math.min(span.startMs, ...panes.map((pane) => pane.startMs));
    const endMs = Math.max(span.endMs, ...panes.map((pane) => pane.endMs));
    if (panes.length === 1 && first.startMs === startMs && first.endMs === endMs) return first;
    const nexts = panes.flatMap(({ nextMs }) => nextMs ?? []);
    const pane = {
      ...empty(first.key, { startMs, endMs }),
      records: panes.flatMap(({ records }) => records).toSorted((a, b) => a.arrival - b.arrival),
      count: panes.reduce((count, { count: more }) => count + more, 0),
      nextMs: nexts.length === 0 ? undefined : Math.min(...nexts),
    };
    return this.settings.trigger.onMerge?.(pane, this.now) ?? pane;
  }

  private belongs(pane: Pane, span: Span, merges: boolean): boolean {
    if (merges) return pane.startMs < span.endMs && pane.endMs > span.startMs;
    return pane.startMs === span.startMs && pane.endMs === span.endMs;
  }

  private cleanUpMs(pane: Pane, domain: Domain): number {
    if (domain !== this.settings.domain) return Infinity;
    return domain === 'processing' ? pane.endMs : pane.endMs - 1 + this.settings.latenessMs;
  }

  /** Does what is due by a clock, the earliest first, until nothing is. */
  private runDue(domain: Domain, untilMs: number): void {
    for (;;) {
      const times = this.panes.map((pane) => Math.min(firingMs(pane, domain), this.cleanUpMs(pane, domain)));
      const timeMs = Math.min(...times);
      if (timeMs > untilMs || timeMs === Infinity) return;
      const pane = this.panes[times.indexOf(timeMs)] as Pane;
      const [changed, fires] =
        firingMs(pane, domain) === timeMs
          ? this.settings.trigger.onTime(pane, domain, timeMs)
          : [pane, false];
      const after = fires ? this.fire(changed) : changed;
      const isOver = this.cleanUpMs(pane, domain) === timeMs;
      this.panes = this.panes.flatMap((other) => (other !== pane ? [other] : isOver ? [] : [after]));
    }
  }

  private fire(pane: Pane): Pane {
    const { evictor, trigger } = this.settings;
    if (pane.records.length === 0) return pane;
    const keep = (records: Pane['records']): Pane['records'] =>
      (evictor?.keep(records, pane) ?? records) as Pane['records'];
    const shown = evictor?.when === 'before' ? keep(pane.records) : pane.records;
    const values = shown.map(({ value }) => value).join(' ');
    this.output.push(`${String(pane.key)} ${pane.startMs}–${pane.endMs}: ${values}`);
    if (trigger.purges) return { ...pane, records: [] };
    return { ...pane, records: evictor?.when === 'after' ? keep(shown) : shown };
  }
}

const firingMs = (pane: Pane, domain: Domain): number => (domain === 'event' ? pane.eventMs : pane.clockMs);
