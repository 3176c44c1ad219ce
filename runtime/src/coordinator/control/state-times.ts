import type { JobStatus } from '../../contract/control/status.ts';

type State = JobStatus['state'];

/** How long a job was in one of its states. */
export interface StateTime {
  /** Of the stay that goes on; 0 in every other state. */
  readonly nowMs: number;
  readonly totalMs: number;
}

/** How long a job has been in each of its states, by a monotonic clock. */
export class StateTimes {
  private state: State;
  private sinceMs: number;
  private readonly totals = new Map<State, number>();

  constructor(state: State, nowMs: number) {
    this.state = state;
    this.sinceMs = nowMs;
  }

  change(state: State, nowMs: number): void {
    this.totals.set(this.state, (this.totals.get(this.state) ?? 0) + nowMs - this.sinceMs);
    this.state = state;
    this.sinceMs = nowMs;
  }

  /** Up to this moment. */
  until(nowMs: number): (state: State) => StateTime {
    return (state) => {
      const stayMs = state === this.state ? nowMs - this.sinceMs : 0;
      return { nowMs: stayMs, totalMs: (this.totals.get(state) ?? 0) + stayMs };
    };
  }
}
