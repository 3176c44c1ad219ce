import type { MetricSnapshot } from '../telemetry/metrics.ts';

/** How a job ended. */
export interface JobResult {
  readonly state: 'finished' | 'stopped' | 'cancelled' | 'failed' | 'replaced';
  readonly attempts: number;
  readonly error?: unknown;
  /** The last metrics of the last attempt. */
  readonly metrics: MetricSnapshot;
}
