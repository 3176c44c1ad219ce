import type { Random } from '../../../runtime/src/sys/system.ts';

export type Verb = 'get' | 'list' | 'create' | 'apply' | 'applyStatus' | 'patch' | 'remove' | 'serves';

/** A call that is about to be made. */
export interface Call {
  readonly verb: Verb;
  readonly isWrite: boolean;
  readonly plural: string;
  readonly name: string;
}

export type CallFault =
  /** Without an effect, and the caller cannot know. */
  | 'lostCall'
  /** With its effect, and the caller cannot know. */
  | 'lostAnswer'
  | 'conflict'
  | 'throttled'
  | 'failed'
  /** A list shows how things were when it was asked for the first time. */
  | 'stale'
  /** The caller is no more. */
  | 'crashBefore'
  | 'crashAfter';

/** A watch that is silent says nothing any more, and does not end either. */
export type EventFault = 'late' | 'repeated' | 'silent';

/** What goes wrong, and when. */
export interface FaultPlan {
  readonly lateMs: number;
  /** Asked once for each call; undefined = all goes well. */
  ofCall(call: Call): CallFault | undefined;
  /** Asked once for each event of a watch. */
  ofEvent(): EventFault | undefined;
}

export const noFaults: FaultPlan = { lateMs: 0, ofCall: () => undefined, ofEvent: () => undefined };

/** One fault, at one call that changes something; they count from 1. */
export const faultAtWrite = (number: number, fault: CallFault): FaultPlan => {
  let writes = 0;
  return {
    ...noFaults,
    ofCall: ({ isWrite }) => {
      if (!isWrite) return undefined;
      writes++;
      return writes === number ? fault : undefined;
    },
  };
};

const readFaults: readonly CallFault[] = ['lostCall', 'lostAnswer', 'throttled', 'failed', 'stale'];
const writeFaults: readonly CallFault[] = ['lostCall', 'lostAnswer', 'conflict', 'throttled', 'failed'];
const eventFaults: readonly EventFault[] = ['late', 'repeated', 'silent'];

/** Everything that can go wrong but a crash, as often as is said (0 to 1), until faults are ended. */
export const randomFaults = (
  random: Random,
  rates: { readonly calls: number; readonly events: number; readonly lateMs: number },
): FaultPlan & { end(): void } => {
  let isOver = false;
  const one = <T>(rate: number, faults: readonly T[]): T | undefined =>
    isOver || random.next() >= rate ? undefined : faults[Math.floor(random.next() * faults.length)];
  return {
    lateMs: rates.lateMs,
    ofCall: ({ isWrite }) => one(rates.calls, isWrite ? writeFaults : readFaults),
    ofEvent: () => one(rates.events, eventFaults),
    end: () => {
      isOver = true;
    },
  };
};
