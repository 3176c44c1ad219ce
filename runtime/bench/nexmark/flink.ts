/** What Flink needed for a query. */
export interface FlinkCost {
  /** Of all three kinds. */
  readonly events: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakRssMiB: number;
}

/**
 * Apache Flink 2.3.0 (SQL, parallelism 1, state on the heap, Java 17, 8 GiB heap, two virtual cores of an AMD EPYC), the same
 * queries over the same events, the CPU time of the whole process after a warm-up of 400,000 events, one run each; recorded
 * with this project's Nexmark data. Differences below 20 % are noise.
 */
export const flinkCosts: Readonly<Record<string, FlinkCost>> = {
  q0: { events: 15_000_000, cpuSecondsPerMillion: 0.797, peakRssMiB: 1044 },
  q1: { events: 12_000_000, cpuSecondsPerMillion: 1.116, peakRssMiB: 1175 },
  q2: { events: 30_000_000, cpuSecondsPerMillion: 0.315, peakRssMiB: 1096 },
  q3: { events: 15_000_000, cpuSecondsPerMillion: 0.741, peakRssMiB: 1354 },
  q5: { events: 6_000_000, cpuSecondsPerMillion: 2.12, peakRssMiB: 1416 },
  q7: { events: 2_000_000, cpuSecondsPerMillion: 9.08, peakRssMiB: 2528 },
  q8: { events: 15_000_000, cpuSecondsPerMillion: 0.907, peakRssMiB: 1202 },
  q11: { events: 3_000_000, cpuSecondsPerMillion: 3.353, peakRssMiB: 1311 },
  q18: { events: 3_000_000, cpuSecondsPerMillion: 6.457, peakRssMiB: 3259 },
};

/** Flink's cost of reading bids from these files, per million bids, in the second run of a process. */
export const flinkFileCosts: Readonly<Record<'ndjson' | 'csv', number>> = { ndjson: 4.28, csv: 4.69 };
