import { ringBytesOf } from '../contract/memory-budget.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { allocateAlignment } from './alignment-board.ts';
import { planRemoteChannels } from './channel-plan.ts';
import { allocateDoorbells } from './doorbell.ts';
import { allocateRing } from './ring.ts';

/** All memory that the slots of one attempt share on one machine. A plain value: it is handed to threads as it is. */
export interface SharedLinks {
  /** One ring an ordered pair of slots, at `from × slots + to`; undefined where there is none. */
  readonly rings: readonly (SharedArrayBuffer | undefined)[];
  readonly doorbells: SharedArrayBuffer;
  /** Batches under way, one Int32 a remote channel. */
  readonly credits: SharedArrayBuffer;
  /** See `AlignmentBoard`. */
  readonly alignment: SharedArrayBuffer;
}

const mebibyte = 2 ** 20;
/** More slots get smaller rings: their number grows with the square. */
const ringBytes = (slots: number): number =>
  slots <= 4 ? 4 * mebibyte : slots <= 8 ? mebibyte : mebibyte / 4;

/** All that one has to know of a graph to allocate them. A plain value. */
export interface LinkSizes {
  readonly slots: number;
  readonly tasks: number;
  /** Channels between slots. */
  readonly channels: number;
}

export const linkSizesOf = (graph: PhysicalGraph): LinkSizes => ({
  slots: graph.slots,
  tasks: graph.tasks.length,
  channels: planRemoteChannels(graph).length,
});

/** See `allocateLinks`. */
export const allocateSharedLinks = (
  graph: PhysicalGraph,
  channelBytes?: number,
  slotsHere?: readonly number[],
): SharedLinks => allocateLinks(linkSizesOf(graph), channelBytes, slotsHere);

/**
 * Allocates the memory for one attempt. `channelBytes`: what the rings of one slot may take; absent = the usual.
 * `slotsHere`: those of this worker, absent = all; there are rings between them only.
 */
export const allocateLinks = (
  { slots, tasks, channels }: LinkSizes,
  channelBytes?: number,
  slotsHere?: readonly number[],
): SharedLinks => {
  const here = slotsHere?.length ?? slots;
  const bytes = channelBytes === undefined ? ringBytes(here) : ringBytesOf(channelBytes, here);
  const isHere = (slot: number): boolean => slotsHere?.includes(slot) ?? true;
  return {
    rings: Array.from({ length: slots * slots }, (_, pair) => {
      const [from, to] = [Math.floor(pair / slots), pair % slots];
      return from !== to && isHere(from) && isHere(to) ? allocateRing(bytes) : undefined;
    }),
    doorbells: allocateDoorbells(slots),
    credits: new SharedArrayBuffer(4 * Math.max(1, channels)),
    alignment: allocateAlignment({ slots, tasks: { length: tasks } }),
  };
};
