/** One call of a process to the world outside: what the simulator numbers, and where faults come in. */
export interface IoCall {
  /** From 1, over all processes. */
  readonly number: number;
  readonly process: string;
  /** E.g. `store.putIfAbsent`. */
  readonly what: string;
  /** E.g. the key. */
  readonly on: string;
  readonly timeMs: number;
}

/**
 * What becomes of a call. `fail` = no effect and an error; `loseAnswer` = it is done, and the caller gets an error;
 * `silent` = no effect and no answer, until the caller gives up; the caller's process dies before the call, or after its effect and before its answer.
 * `late` = the caller gets an error, and long afterwards it is done all the same. `tear` = a write of which a part arrives, and an error: only what is not written as a whole can be torn.
 */
export type Verdict =
  | 'do'
  | 'fail'
  | 'loseAnswer'
  | 'late'
  | 'silent'
  | 'crashBefore'
  | 'crashAfter'
  | 'tear';

/** Decides what becomes of each call. The order of the calls is that of their numbers. */
export interface FaultPlan {
  judge(call: IoCall): Verdict;
  /** How long the call takes to where it goes, and its answer back, each. */
  delayMs(call: IoCall): number;
}

/** A quiet world: everything works, and takes a millisecond each way. */
export const noFaults: FaultPlan = { judge: () => 'do', delayMs: () => 1 };

/** One crash of the process that makes a certain call. */
export interface CrashPoint {
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** Crashes at certain calls, and nothing else. */
export const crashesAt = (points: readonly CrashPoint[]): FaultPlan => ({
  judge: ({ number }) => {
    const point = points.find(({ call }) => call === number);
    if (point === undefined) return 'do';
    return point.when === 'before' ? 'crashBefore' : 'crashAfter';
  },
  delayMs: noFaults.delayMs,
});
