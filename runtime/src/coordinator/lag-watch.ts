import type { Cancellable, System } from '../sys/system.ts';
import type { SubtaskReport } from '../worker/slot-handle.ts';

/** How far a job is behind its input at one time. */
export interface LagSample {
  readonly atMs: number;
  /** Of the source that is furthest behind, when it gave its last record. */
  readonly lagMs: number;
  /** Whether that source could not have been quicker: it hardly waited for input since the sample before. */
  readonly isPressed: boolean;
}

export interface LagGrowth {
  readonly fromMs: number;
  readonly toMs: number;
  readonly overMs: number;
}

/** Fewer samples say nothing, whatever they are. */
const leastSamples = 10;
/** A window is divided into so many, but not finer than reports come. */
const samplesInWindow = 24;
const leastIntervalMs = 1000;
/** The samples must be spread over so much of the window. */
const leastSpan = 0.9;
/** Of all samples: those between which the source was pressed, and pairs between which the lag grew. */
const leastPressed = 0.8;
const leastRising = 0.7;
/** A job that takes in less than nine tenths of what comes falls behind by more than a tenth of the time that passes. */
const leastSlope = 0.1;
/** Of its time, a slot that works or waits for room so long does not wait for input. */
const pressedShare = 0.8;

const medianOf = (samples: readonly LagSample[]): number =>
  samples.map(({ lagMs }) => lagMs).sort((one, other) => one - other)[samples.length >> 1] ?? 0;

const rises = (samples: readonly LagSample[], at: number): boolean =>
  at > 0 && (samples[at] as LagSample).lagMs > (samples[at - 1] as LagSample).lagMs;

/**
 * Whether a job falls behind its input for sure: over the whole window, by more than a tenth of the time, in each third of it further, and while
 * its sources had enough to read. So a source that is silent or slow by itself, a burst, and input that is being caught up with are none.
 * Undefined = it does not, or nobody can tell. Pure.
 */
export const lagGrowth = (samples: readonly LagSample[], windowMs: number): LagGrowth | undefined => {
  const { length } = samples;
  if (length < leastSamples) return undefined;
  const overMs = (samples[length - 1] as LagSample).atMs - (samples[0] as LagSample).atMs;
  if (overMs < windowMs * leastSpan) return undefined;
  const share = (count: number): number => count / (length - 1);
  const rising = samples.filter((_, at) => rises(samples, at)).length;
  const pressed = samples.filter(({ isPressed }, at) => at > 0 && isPressed).length;
  if (share(rising) < leastRising || share(pressed) < leastPressed) return undefined;
  const third = Math.floor(length / 3);
  const fromMs = medianOf(samples.slice(0, third));
  const middleMs = medianOf(samples.slice(third, length - third));
  const toMs = medianOf(samples.slice(length - third));
  // The middles of the first and the last third are two thirds of the time apart.
  const isSteep = toMs - fromMs > leastSlope * overMs * (2 / 3);
  return isSteep && fromMs < middleMs && middleMs < toMs ? { fromMs, toMs, overMs } : undefined;
};

const spentMs = ({ busyMs, blockedMs, flow }: SubtaskReport): number =>
  busyMs + (flow?.source === undefined ? 0 : blockedMs);

/** The share of its time that a source's slot worked, or waited for room behind the source, between two reports of it. */
const pressureOn = (
  source: SubtaskReport,
  reports: readonly SubtaskReport[],
  before: readonly SubtaskReport[],
): number => {
  const spentIn = (all: readonly SubtaskReport[]): number =>
    all.filter(({ slot }) => slot === source.slot).reduce((sum, report) => sum + spentMs(report), 0);
  const earlier = before.find(({ task, slot }) => task === source.task && slot === source.slot);
  const passedMs = (source.flow?.elapsedMs ?? 0) - (earlier?.flow?.elapsedMs ?? 0);
  return earlier === undefined || passedMs <= 0 ? 0 : (spentIn(reports) - spentIn(before)) / passedMs;
};

/** What the reports of an attempt say, beside those at the sample before; undefined = no source has given a record with a time. Pure. */
export const lagSample = (
  reports: readonly SubtaskReport[],
  before: readonly SubtaskReport[],
  atMs: number,
): LagSample | undefined => {
  const lagOf = ({ flow }: SubtaskReport): number =>
    flow?.source === undefined ? NaN : flow.source.emitLagMs - flow.source.idleMs;
  const [furthest] = reports
    .filter((report) => Number.isFinite(lagOf(report)))
    .sort((one, other) => lagOf(other) - lagOf(one));
  if (furthest === undefined) return undefined;
  return {
    atMs,
    lagMs: lagOf(furthest),
    isPressed: pressureOn(furthest, reports, before) >= pressedShare,
  };
};

export interface LagWatchSettings {
  readonly system: Pick<System, 'clock' | 'timers'>;
  /** How long it must fall behind. Less than ten seconds are too short to tell. */
  readonly windowMs: number;
  report(): readonly SubtaskReport[];
  onBehind(reason: string): void;
}

const inSeconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** Looks now and then whether a job falls behind its input, and tells once when it does. */
export class LagWatch {
  private readonly settings: LagWatchSettings;
  private samples: readonly LagSample[] = [];
  private before: readonly SubtaskReport[] = [];
  private timer: Cancellable | undefined;

  constructor(settings: LagWatchSettings) {
    this.settings = settings;
  }

  /** An attempt begins: what was before it does not count. */
  begin(): void {
    this.end();
    this.samples = [];
    this.before = [];
    if (this.settings.windowMs >= leastIntervalMs * leastSamples) this.wait();
  }

  end(): void {
    this.timer?.cancel();
  }

  private wait(): void {
    const { system, windowMs } = this.settings;
    const intervalMs = Math.max(leastIntervalMs, windowMs / samplesInWindow);
    this.timer = system.timers.after(intervalMs, () => this.look());
  }

  private look(): void {
    const { system, windowMs, report, onBehind } = this.settings;
    const nowMs = system.clock.monotonicMs();
    const reports = report();
    const sample = lagSample(reports, this.before, nowMs);
    this.before = reports;
    if (sample !== undefined)
      this.samples = [...this.samples.filter(({ atMs }) => atMs >= nowMs - windowMs), sample];
    const growth = lagGrowth(this.samples, windowMs);
    if (growth === undefined) return this.wait();
    const { fromMs, toMs, overMs } = growth;
    onBehind(
      `it falls behind its input: from ${inSeconds(fromMs)} to ${inSeconds(toMs)} within ${inSeconds(overMs)}`,
    );
  }
}
