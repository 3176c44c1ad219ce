import type { CoordinatorWish, Deployment, Standing } from './plan.ts';

/** What is to run, and what is asked of those who run it: the part of a plan that is about one situation. */
export interface Choice {
  readonly standing: Standing;
  /** Who the job is from now on. */
  readonly current: string;
  readonly next?: string | undefined;
  /** All others are withdrawn. */
  readonly deployments: readonly Deployment[];
  readonly wishes?: readonly { readonly revision: string; readonly wish: CoordinatorWish }[] | undefined;
  readonly rejected?: string | undefined;
  /** Coordinators that begin anew: their pods are removed. */
  readonly restarts?: readonly string[] | undefined;
  /** The wish to try again is carried out by this. */
  readonly retries?: boolean | undefined;
  readonly againMs?: number | undefined;
}

export const inForce = (phase: Standing['phase'], reason: string, message: string): Standing => ({
  phase,
  progress: 'inForce',
  reason,
  message,
});
export const underWay = (phase: Standing['phase'], reason: string, message: string): Standing => ({
  phase,
  progress: 'underWay',
  reason,
  message,
});
export const stalled = (phase: Standing['phase'], reason: string, message: string): Standing => ({
  phase,
  progress: 'stalled',
  reason,
  message,
});
