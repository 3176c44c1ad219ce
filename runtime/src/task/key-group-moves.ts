import type { Barrier } from '../exchange/element.ts';
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

/**
 * Moves key groups into and out of one subtask at a barrier. At the barrier all subtasks of a task have seen the same records
 * and watermarks, so state can go from one to another as it is. The new owner takes no input until all that is coming to it
 * has come; its senders are held back by credit meanwhile.
 */
export class KeyGroupMoves {
  private readonly place: MovePlace;
  private readonly processors: readonly Processor[];
  private readonly send: (toSlot: number, state: MovedState) => void;
  private table: RoutingTable;
  private awaited = 0;
  /** What came before this subtask's own barrier. */
  private readonly early: MovedState[] = [];

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

  /** True while state is on its way to this subtask. */
  get waiting(): boolean {
    return this.awaited > 0;
  }

  /** The aligned barrier is here: sends what leaves, and knows from now on what must come. */
  onBarrier({ routing }: Barrier): void {
    if (routing === undefined || routing.version <= this.table.version) return;
    const before = this.table;
    this.table = routing;
    for (let keyGroup = 0; keyGroup < routing.slotOf.length; keyGroup++) {
      const from = this.ownerOf(before, keyGroup);
      const to = this.ownerOf(routing, keyGroup);
      if (from === to) continue;
      if (from === this.place.slot) this.sendAway(keyGroup, to);
      if (to === this.place.slot) this.awaited += this.keyedLinks().length;
    }
    for (const state of this.early.splice(0)) this.accept(state);
  }

  /** State has come; true when nothing more is awaited. */
  accept(state: MovedState): boolean {
    if (state.version > this.table.version) {
      this.early.push(state);
      return false;
    }
    const processor = this.processors[state.link] as Processor;
    if (state.bytes !== undefined) processor.importKeyGroup?.(state.keyGroup, state.bytes);
    this.awaited--;
    return this.awaited === 0;
  }

  private keyedLinks(): readonly number[] {
    return this.processors.flatMap(({ exportKeyGroup }, link) =>
      exportKeyGroup === undefined ? [] : [link],
    );
  }

  private sendAway(keyGroup: number, toSlot: number): void {
    for (const link of this.keyedLinks()) {
      const processor = this.processors[link] as Processor;
      const bytes = processor.exportKeyGroup?.(keyGroup);
      processor.dropKeyGroup?.(keyGroup);
      this.send(toSlot, { task: this.place.task, link, keyGroup, version: this.table.version, bytes });
    }
  }

  private ownerOf(table: RoutingTable, keyGroup: number): number {
    return (table.slotOf[keyGroup] as number) % this.place.parallelism;
  }
}
