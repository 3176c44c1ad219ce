import type { SnapshotRequest } from '../checkpoint/snapshot-unit.ts';
import type { Barrier } from '../exchange/element.ts';
import { Queue } from '../exchange/queue.ts';
import type { RoutingTable } from '../exchange/routing-table.ts';
import type { Processor } from '../transforms/processor.ts';

/** The state of one key group of one transform on its way to another slot. A plain value. */
export interface MovedState {
  readonly task: number;
  /** Position of the processor in its chain. */
  readonly link: number;
  readonly keyGroup: number;
  /** Version of the routing table that moves it. */
  readonly version: number;
  /** Undefined: there was nothing, but it belongs to the new owner now. */
  readonly bytes: Uint8Array | undefined;
}

export interface MovePlace {
  readonly task: number;
  readonly slot: number;
  /** Subtasks of the task: slots beyond them own its key groups by remainder. */
  readonly parallelism: number;
}

/** The state of one transform that has to go to another slot. */
type Leaving = Omit<MovedState, 'task' | 'bytes'> & { readonly toSlot: number };

/**
 * Moves key groups into and out of one subtask at a barrier. At the barrier all subtasks of a task have seen the same records
 * and watermarks, so state can go from one to another as it is. A key group is *in transit* at its new owner from the barrier
 * until the state of all its transforms has been taken in; what becomes of its records meanwhile is the business of
 * `MovingInput`, which also keeps the next barrier back until nothing is in transit.
 */
export class KeyGroupMoves {
  private readonly place: MovePlace;
  private readonly processors: readonly Processor[];
  private readonly send: (toSlot: number, state: MovedState) => void;
  private table: RoutingTable;
  /** Transforms whose state has not been taken in, by key group in transit. */
  private readonly missing = new Map<number, number>();
  /** What has come and is to be taken in, and what came before this subtask's own barrier. */
  private readonly mail = new Queue<MovedState>();
  private readonly early: MovedState[] = [];
  /** Key groups that have come from other slots: the first checkpoint that has them from here, Infinity = there was none yet. */
  private readonly arrivals = new Map<number, number>();
  /** What leaves as soon as none of its records is in flight. */
  private leaving: Leaving[] = [];

  constructor(
    place: MovePlace,
    processors: readonly Processor[],
    table: RoutingTable,
    send: (toSlot: number, state: MovedState) => void,
  ) {
    this.place = place;
    this.processors = processors;
    this.table = table;
    this.send = send;
  }

  /** True while some key group is in transit to this subtask. */
  get waiting(): boolean {
    return this.missing.size > 0;
  }

  /** True while some key group has to leave and cannot yet. */
  get isLeaving(): boolean {
    return this.leaving.length > 0;
  }

  /** The key groups of this subtask by the table in force; none when it has no keyed state. */
  ownedKeyGroups(): readonly number[] {
    if (this.keyedLinks().length === 0) return [];
    const { table, place } = this;
    return [...table.slotOf.keys()].filter((keyGroup) => this.ownerOf(table, keyGroup) === place.slot);
  }

  /**
   * Since which checkpoint changes are enough, where `since` says which one is complete. What older ones hold of a key group that has come
   * from another slot is that slot's: the first checkpoint behind its arrival has all of it, even when that is nothing.
   */
  sinceFor(checkpointId: number, since: SnapshotRequest['since']): SnapshotRequest['since'] {
    const { arrivals } = this;
    for (const [keyGroup, first] of arrivals) if (first === Infinity) arrivals.set(keyGroup, checkpointId);
    return (keyGroup) => {
      const complete = since(keyGroup);
      return complete !== undefined && complete < (arrivals.get(keyGroup) ?? 0) ? undefined : complete;
    };
  }

  isInTransit(keyGroup: number): boolean {
    return this.missing.has(keyGroup);
  }

  /** The aligned barrier is here, and nothing in transit: sends what leaves, and knows from now on what must come. */
  onBarrier({ routing }: Barrier): void {
    if (routing === undefined || routing.version <= this.table.version) return;
    const before = this.table;
    this.table = routing;
    const links = this.keyedLinks();
    for (let keyGroup = 0; keyGroup < routing.slotOf.length; keyGroup++) {
      const from = this.ownerOf(before, keyGroup);
      const to = this.ownerOf(routing, keyGroup);
      if (from === to || links.length === 0) continue;
      if (from === this.place.slot) this.sendAway(keyGroup, to, links);
      if (to !== this.place.slot) continue;
      this.missing.set(keyGroup, links.length);
      this.arrivals.set(keyGroup, Infinity);
    }
    for (const state of this.early.splice(0)) this.accept(state);
  }

  /** State has come. Cheap, at any moment: the work is done by `takeIn`. */
  accept(state: MovedState): void {
    if (state.version > this.table.version) this.early.push(state);
    else this.mail.push(state);
  }

  /** Takes in one state that has come, and gives its key group, which may be in transit still; −1 = nothing has come. */
  takeIn(): number {
    const state = this.mail.take();
    if (state === undefined) return -1;
    const { keyGroup, link, bytes } = state;
    if (bytes !== undefined) this.processors[link]?.importKeyGroup?.(keyGroup, bytes);
    const left = (this.missing.get(keyGroup) ?? 1) - 1;
    if (left > 0) this.missing.set(keyGroup, left);
    else this.missing.delete(keyGroup);
    return keyGroup;
  }

  /** Sends what has waited for records in flight, where none is left. */
  sendLeaving(): void {
    if (this.leaving.length === 0) return;
    this.leaving = this.leaving.filter((leaving) => !this.sendIfReady(leaving));
  }

  private keyedLinks(): readonly number[] {
    return this.processors.flatMap(({ exportKeyGroup }, link) =>
      exportKeyGroup === undefined ? [] : [link],
    );
  }

  private sendAway(keyGroup: number, toSlot: number, links: readonly number[]): void {
    for (const link of links) this.leaving.push({ toSlot, link, keyGroup, version: this.table.version });
    this.sendLeaving();
  }

  private sendIfReady({ toSlot, link, keyGroup, version }: Leaving): boolean {
    const processor = this.processors[link] as Processor;
    if (processor.isInFlight?.(keyGroup) === true) return false;
    const bytes = processor.exportKeyGroup?.(keyGroup);
    processor.dropKeyGroup?.(keyGroup);
    this.send(toSlot, { task: this.place.task, link, keyGroup, version, bytes });
    return true;
  }

  private ownerOf(table: RoutingTable, keyGroup: number): number {
    return (table.slotOf[keyGroup] as number) % this.place.parallelism;
  }
}
