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
  /** With its effect, and the caller waits in vain for a while. */
  | 'timedOut'
  /** What a list asks for is not remembered any more. */
  | 'gone'
  /** A list shows how things were when it was asked for the first time. */
  | 'stale'
  /** The caller is no more. */
  | 'crashBefore'
  | 'crashAfter';

/**
 * A watch that is silent says nothing any more, and does not end either; one that is `gone` ends, since what it would go on from is
 * not remembered; one that is `broken` just ends. A `lost` event is told by no watch.
 */
export type EventFault = 'late' | 'repeated' | 'silent' | 'gone' | 'broken' | 'lost';

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

const readFaults: readonly CallFault[] = [
  'lostCall',
  'lostAnswer',
  'throttled',
  'failed',
  'timedOut',
  'gone',
  'stale',
];
const writeFaults: readonly CallFault[] = [
  'lostCall',
  'lostAnswer',
  'conflict',
  'throttled',
  'failed',
  'timedOut',
];
const eventFaults: readonly EventFault[] = ['late', 'repeated', 'silent', 'gone', 'broken', 'lost'];

/** After all of these a watch, or the next one, tells everything. */
export const delays: readonly EventFault[] = ['late', 'repeated', 'broken', 'gone'];

/** Everything that can go wrong but a crash, as often as is said (0 to 1), until faults are ended. `ofEvents`: what events suffer. */
export const randomFaults = (
  random: Random,
  rates: {
    readonly calls: number;
    readonly events: number;
    readonly lateMs: number;
    readonly ofEvents?: readonly EventFault[] | undefined;
  },
): FaultPlan & { end(): void } => {
  let isOver = false;
  const one = <T>(rate: number, faults: readonly T[]): T | undefined =>
    isOver || random.next() >= rate ? undefined : faults[Math.floor(random.next() * faults.length)];
  return {
    lateMs: rates.lateMs,
    ofCall: ({ isWrite }) => one(rates.calls, isWrite ? writeFaults : readFaults),
    ofEvent: () => one(rates.events, rates.ofEvents ?? eventFaults),
    end: () => {
      isOver = true;
    },
  };
};
