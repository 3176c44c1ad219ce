import { MillraceError } from '../../contract/errors.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A span of time in which a zone's offset does not change. */
export interface OffsetSpan {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly offsetMs: number;
}

/** Spans that are remembered: two weeks each, so a stream that jumps about within half a year asks nothing twice. */
const rememberedSpans = 16;

/**
 * The offset of an IANA time zone. Offsets come from `Intl.DateTimeFormat`, which is slow, so the spans around the last
 * questions are kept: nearly all questions are answered from them.
 */
export class TimeZone {
  readonly name: string;
  private readonly format: Intl.DateTimeFormat;
  /** The one that answered last comes first. */
  private readonly spans: OffsetSpan[] = [];

  /** @throws MillraceError job-invalid when there is no such zone. */
  constructor(name: string) {
    this.name = name;
    try {
      this.format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        calendar: 'iso8601',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (cause) {
      throw new MillraceError('job-invalid', `There is no time zone “${name}”.`, {
        cause,
        hint: 'Use an IANA name such as Europe/Berlin or America/New_York.',
      });
    }
  }

  /** Local time minus UTC at an instant, in ms. */
  offsetMs(timeMs: number): number {
    return this.spanAt(timeMs).offsetMs;
  }

  /** A span around an instant in which the offset stays; not always the longest one. */
  spanAt(timeMs: number): OffsetSpan {
    const { spans } = this;
    const place = spans.findIndex(({ fromMs, untilMs }) => fromMs <= timeMs && timeMs < untilMs);
    if (place === 0) return spans[0]!;
    const span = place > 0 ? spans.splice(place, 1)[0]! : this.spanAround(timeMs);
    spans.unshift(span);
    if (spans.length > rememberedSpans) spans.pop();
    return span;
  }

  /** The local wall time of an instant, as ms since 1970-01-01 00:00 local. */
  toLocalMs(timeMs: number): number {
    return timeMs + this.offsetMs(timeMs);
  }

  /**
   * The instant of a local wall time. One that clocks skip is taken as the instant of the skip; of one that comes twice the
   * first is meant.
   */
  fromLocalMs(localMs: number): number {
    const before = this.offsetMs(localMs - dayMs);
    const after = this.offsetMs(localMs + dayMs);
    const early = localMs - Math.max(before, after);
    const late = localMs - Math.min(before, after);
    if (this.toLocalMs(early) === localMs) return early;
    if (this.toLocalMs(late) === localMs) return late;
    return this.firstAfter(early, late, this.offsetMs(early));
  }

  private spanAround(timeMs: number): OffsetSpan {
    const offsetMs = this.askOffset(timeMs);
    const stepMs = 7 * dayMs;
    let untilMs = timeMs;
    let fromMs = timeMs;
    if (this.askOffset(timeMs + stepMs) === offsetMs) untilMs = timeMs + stepMs;
    else untilMs = this.firstAfter(timeMs, timeMs + stepMs, offsetMs);
    if (this.askOffset(timeMs - stepMs) === offsetMs) fromMs = timeMs - stepMs;
    else fromMs = this.firstWith(timeMs - stepMs, timeMs, offsetMs);
    return { fromMs, untilMs: Math.max(untilMs, timeMs + 1), offsetMs };
  }

  /** The first instant in (low, high] whose offset is not `offsetMs`. */
  private firstAfter(low: number, high: number, offsetMs: number): number {
    let same = low;
    let other = high;
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (this.askOffset(middle) === offsetMs) same = middle;
      else other = middle;
    }
    return other;
  }

  /** The first instant in (low, high] from which on the offset is `offsetMs`. */
  private firstWith(low: number, high: number, offsetMs: number): number {
    let other = low;
    let same = high;
    while (same - other > 1) {
      const middle = Math.floor((same + other) / 2);
      if (this.askOffset(middle) === offsetMs) same = middle;
      else other = middle;
    }
    return same;
  }

  private askOffset(timeMs: number): number {
    const wholeMs = Math.floor(timeMs / 1000) * 1000;
    const parts: Record<string, string> = {};
    for (const { type, value } of this.format.formatToParts(wholeMs)) parts[type] = value;
    const year = parts['era']?.startsWith('B') === true ? 1 - Number(parts['year']) : Number(parts['year']);
    const local = new Date(0);
    local.setUTCFullYear(year, Number(parts['month']) - 1, Number(parts['day']));
    local.setUTCHours(Number(parts['hour']), Number(parts['minute']), Number(parts['second']));
    return local.getTime() - wholeMs;
  }
}
