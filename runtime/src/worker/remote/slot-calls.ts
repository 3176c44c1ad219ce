import type { Barrier } from '../../exchange/element.ts';
import type { MovedState } from '../../task/key-group-moves.ts';
import type { SlotQuestion } from '../../task/slot-questions.ts';
import type { MetricSnapshot } from '../../telemetry/metrics.ts';
import type { QuestionAnswer } from '../open-questions.ts';
import type { PlainError } from '../plain-error.ts';
import type { SlotBeginning, SubtaskReport } from '../slot-handle.ts';
import type { SlotAck } from '../snapshot-upload.ts';

/** Messages are values of the value domain, which has no typed arrays but bytes: tables of key groups go as lists. */
type Wired<T extends { readonly slotOf: Uint16Array }> = Omit<T, 'slotOf'> & {
  readonly slotOf: readonly number[];
};
type WiredBarrier = Omit<Barrier, 'routing'> & {
  readonly routing?: Wired<NonNullable<Barrier['routing']>>;
};

/** What a coordinator tells a slot in another process: see `SlotHandle`. */
export type SlotCall =
  | { readonly kind: 'open'; readonly beginning: Wired<SlotBeginning> | undefined }
  | { readonly kind: 'preload'; readonly beginning: Wired<SlotBeginning> }
  | { readonly kind: 'start' }
  | { readonly kind: 'addSplit'; readonly task: number; readonly split: unknown }
  | { readonly kind: 'noMoreSplits'; readonly task: number }
  | { readonly kind: 'inject'; readonly barrier: WiredBarrier }
  | { readonly kind: 'state'; readonly state: MovedState }
  | { readonly kind: 'stop' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'checkpointEnded'; readonly checkpointId: number; readonly completed: boolean }
  | { readonly kind: 'release' }
  | { readonly kind: 'ask'; readonly question: number; readonly what: SlotQuestion }
  | { readonly kind: 'cancel' };

/** What such a slot tells: see `SlotReports`. */
export type SlotAnswer =
  | { readonly kind: 'ready' }
  /** It has obeyed `open`. */
  | { readonly kind: 'opened' }
  /** It has obeyed `preload`. */
  | { readonly kind: 'preloaded' }
  /** It has obeyed `cancel`; with what user functions failed when they were closed. */
  | { readonly kind: 'cancelled'; readonly error: PlainError | undefined }
  | { readonly kind: 'requestSplit'; readonly task: number }
  | { readonly kind: 'state'; readonly toSlot: number; readonly state: MovedState }
  | { readonly kind: 'ended'; readonly drained: boolean }
  | { readonly kind: 'ack'; readonly ack: SlotAck }
  | { readonly kind: 'refused'; readonly checkpointId: number; readonly error: PlainError }
  | ({ readonly kind: 'answer' } & QuestionAnswer)
  | { readonly kind: 'finished'; readonly drained: boolean }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | {
      readonly kind: 'report';
      readonly report: readonly SubtaskReport[];
      readonly metrics: MetricSnapshot;
    };

const wired = <T extends { readonly slotOf: Uint16Array }>(value: T): Wired<T> => ({
  ...value,
  slotOf: Array.from(value.slotOf),
});

const unwired = <T extends { readonly slotOf: readonly number[] }>(
  value: T,
): Omit<T, 'slotOf'> & { readonly slotOf: Uint16Array } => ({
  ...value,
  slotOf: Uint16Array.from(value.slotOf),
});

export const openCall = (beginning: SlotBeginning | undefined): SlotCall => ({
  kind: 'open',
  beginning: beginning && wired(beginning),
});

export const preloadCall = (beginning: SlotBeginning): SlotCall => ({
  kind: 'preload',
  beginning: wired(beginning),
});

export const beginningOf = (beginning: Wired<SlotBeginning>): SlotBeginning => unwired(beginning);

export const injectCall = ({ routing, ...barrier }: Barrier): SlotCall => ({
  kind: 'inject',
  barrier: routing === undefined ? barrier : { ...barrier, routing: wired(routing) },
});

export const barrierOf = ({ barrier }: Extract<SlotCall, { kind: 'inject' }>): Barrier => {
  const { routing, ...rest } = barrier;
  return routing === undefined ? rest : { ...rest, routing: unwired(routing) };
};
