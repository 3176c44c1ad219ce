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

/** Calls by which a checkpoint comes to be and is made visible. */
export const onCommitPath = (what: string, on: string): boolean =>
  what.startsWith('outlet.') || (what === 'store.putIfAbsent' && on.includes('/log/'));

/** One crash of the process that makes a certain call. */
export interface CrashPoint {
  /** Its number; of a second crash, how many calls on the commit path it is behind the first one. */
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** Crashes at a certain call, and then perhaps at one that comes behind it on the commit path, and nothing else. */
export const crashesAt = (first: CrashPoint | undefined, second?: CrashPoint): FaultPlan => {
  let behind = 0;
  const verdictOf = ({ when }: CrashPoint): Verdict => (when === 'before' ? 'crashBefore' : 'crashAfter');
  return {
    judge: ({ number, what, on }) => {
      if (first === undefined || number < first.call) return 'do';
      if (number === first.call) return verdictOf(first);
      if (second === undefined || !onCommitPath(what, on)) return 'do';
      return ++behind === second.call ? verdictOf(second) : 'do';
    },
    delayMs: noFaults.delayMs,
  };
};
