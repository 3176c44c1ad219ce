import type { Bar, Measured, Measurement, PartName, Scenario } from './scenario.ts';

/** The result of a scenario as it stands in the JSON file. */
export interface Row {
  readonly scenario: string;
  readonly title: string;
  readonly records: number;
  /** By the wall clock. */
  readonly seconds: number;
  /** By the wall clock. */
  readonly recordsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakRssMiB: number;
  readonly baseline: { readonly name: string; readonly cpuSecondsPerMillion: number } | undefined;
  /** How many times cheaper (or faster, where the wall clock counts) than the baseline. */
  readonly ratio: number | undefined;
  /** By name; `recordsPerCpuSecond` is always there. */
  readonly figures: Readonly<Record<string, number>>;
  readonly bars: readonly (Bar & { readonly met: boolean })[];
  readonly note: string | undefined;
}

const costOf = ({ cpuSeconds, records }: Measurement): number => (cpuSeconds / records) * 1e6;

/** The measurement with the median of the times by which the scenario is judged; of an even number, the lower middle. */
export const medianOf = (measurements: readonly Measurement[], byWallClock: boolean): Measurement => {
  const time = (one: Measurement): number => (byWallClock ? one.seconds : one.cpuSeconds) / one.records;
  const sorted = measurements.toSorted((left, right) => time(left) - time(right));
  const median = sorted[(sorted.length - 1) >> 1];
  if (median === undefined) throw new RangeError('There is nothing to take the median of.');
  return median;
};

const baselineOf = (scenario: Scenario, measured: Measured): Row['baseline'] => {
  const { baseline } = scenario;
  if (baseline === undefined) return undefined;
  if ('cpuSecondsPerMillion' in baseline) {
    return { name: baseline.name, cpuSecondsPerMillion: baseline.cpuSecondsPerMillion };
  }
  const part = measured.baseline;
  return part === undefined ? undefined : { name: baseline.name, cpuSecondsPerMillion: costOf(part) };
};

const ratioOf = (scenario: Scenario, subject: Measurement, measured: Measured): number | undefined => {
  const part = measured.baseline;
  if (scenario.byWallClock === true && part !== undefined) {
    return part.seconds / part.records / (subject.seconds / subject.records);
  }
  const baseline = baselineOf(scenario, measured);
  return baseline === undefined ? undefined : baseline.cpuSecondsPerMillion / costOf(subject);
};

const isMet = (bar: Bar, value: number | undefined): boolean =>
  value !== undefined && value >= (bar.atLeast ?? -Infinity) && value <= (bar.atMost ?? Infinity);

/**
 * What the parts of a scenario come to.
 * @throws RangeError when the subject was not measured.
 */
export const toRow = (
  scenario: Scenario,
  runs: Readonly<Partial<Record<PartName, readonly Measurement[]>>>,
): Row => {
  const byWallClock = scenario.byWallClock ?? false;
  const medians: Partial<Record<PartName, Measurement>> = {};
  for (const [name, measurements] of Object.entries(runs)) {
    medians[name as PartName] = medianOf(measurements, byWallClock);
  }
  const { subject } = medians;
  if (subject === undefined) throw new RangeError(`The scenario ${scenario.name} was not measured.`);
  const ratio = ratioOf(scenario, subject, medians);
  const figures: Record<string, number> = {
    recordsPerCpuSecond: subject.records / subject.cpuSeconds,
    recordsPerSecond: subject.records / subject.seconds,
    ...subject.figures,
    ...scenario.figures?.(medians),
  };
  const figureOf = (figure: string): number | undefined => (figure === 'ratio' ? ratio : figures[figure]);
  return {
    scenario: scenario.name,
    title: scenario.title,
    records: subject.records,
    seconds: subject.seconds,
    recordsPerSecond: subject.records / subject.seconds,
    cpuSecondsPerMillion: costOf(subject),
    peakRssMiB: subject.peakRssMiB,
    baseline: baselineOf(scenario, medians),
    ratio,
    figures,
    bars: scenario.bars.map((bar) => ({ ...bar, met: isMet(bar, figureOf(bar.figure)) })),
    note: scenario.note,
  };
};

/** The geometric mean of numbers above 0; undefined of none. */
export const geometricMean = (values: readonly number[]): number | undefined =>
  values.length === 0
    ? undefined
    : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
