/**
 * `bench` measures the engine: a *scenario* is a value that says what is run, beside what, and how fast it must be. It has
 * *parts* (the subject, a hand-written baseline, a smaller run to subtract), each measured in a process of its own so that no
 * part sees what another one did to the heap or to compiled code. `run.ts` is the command, `measure.ts` the process of one
 * part, `scenarios/` the list, `nexmark/` the Nexmark events and queries. Costs are CPU-seconds of the whole process: the
 * collector's and the compiler's threads count, and a busy machine disturbs them less than the wall clock.
 */

/** What one part of a scenario cost, warm-up excluded. NaN where it cannot be told. */
export interface Measurement {
  /** Records that went in. */
  readonly records: number;
  /** By the wall clock. */
  readonly seconds: number;
  /** User and system time of all threads of the process. */
  readonly cpuSeconds: number;
  /** Of the process until now, warm-up and test data included. */
  readonly peakRssMiB: number;
  /** Resident memory when the state was at its largest, for scenarios that look at it. */
  readonly stateRssBytes?: number;
  /** Other numbers by name, e.g. `latencyP99Ms`. */
  readonly figures?: Readonly<Record<string, number>>;
}

export type Part = () => Promise<Measurement>;
/** The parts by name; a missing one was not run. */
export type Measured = Readonly<Partial<Record<PartName, Measurement>>>;
export type PartName = 'subject' | 'baseline' | 'small';

/** What a figure of a row must be. `recordsPerCpuSecond` and `ratio` are known for all rows. */
export interface Bar {
  readonly figure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Scenario {
  readonly name: string;
  /** What is run, in one line for the table. */
  readonly title: string;
  readonly subject: Part;
  /** Makes what the parts read, in a process of its own before them. */
  readonly prepare?: () => Promise<void>;
  /** What it is compared with: another part of the same run, or a cost recorded elsewhere. */
  readonly baseline?:
    | { readonly name: string; readonly part: Part }
    | { readonly name: string; readonly cpuSecondsPerMillion: number };
  /** The same job with little state; `figures` may subtract it. */
  readonly small?: Part;
  /** Compare by the wall clock instead of CPU-seconds. */
  readonly byWallClock?: boolean;
  /** How often each part is run, in turn; the median counts. Default 1. */
  readonly repetitions?: number;
  /** Figures that follow from several parts. */
  readonly figures?: (measured: Measured) => Readonly<Record<string, number>>;
  readonly bars: readonly Bar[];
  /** Where what is run differs from what it is compared with. */
  readonly note?: string;
  /** Too long to be run with all the others. */
  readonly onlyByName?: boolean;
}
