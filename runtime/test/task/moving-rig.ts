/**
 * One keyed task in several slots, in one thread: real gates, moving inputs, chains and processors. State on its way between
 * slots waits in `mail` until the test delivers it, elements wait until the test lets a slot step.
 */
import type { Batch } from '../../src/batch/batch.ts';
import type { Barrier, StreamElement } from '../../src/exchange/element.ts';
import { LocalChannel } from '../../src/exchange/local-channel.ts';
import { createPartitioner } from '../../src/exchange/partitioner.ts';
import { initialRouting, moveKeyGroups, type RoutingTable } from '../../src/exchange/routing-table.ts';
import { Chain } from '../../src/task/chain.ts';
import { ChainEmitter } from '../../src/task/chain-emitter.ts';
import type { EdgeOutput } from '../../src/task/edge-output.ts';
import { HeldElements } from '../../src/task/held-elements.ts';
import { InputGate } from '../../src/task/input-gate.ts';
import { KeyGroupMoves, type MovedState } from '../../src/task/key-group-moves.ts';
import { MovingInput } from '../../src/task/moving-input.ts';
import { newStatistics } from '../../src/task/statistics.ts';
import { Subtask } from '../../src/task/subtask.ts';
import type { Processor, ProcessorContext } from '../../src/transforms/processor.ts';
import { type FailedRecord, fakeContext } from '../transforms/support.ts';
import { textOf } from './rig.ts';

export const keyGroups = 16;

/** A record that came out of a slot. */
export interface SlotOutput {
  readonly slot: number;
  readonly value: unknown;
  readonly timestampMs: number;
  /** The watermark that had left the slot before it. */
  readonly behindMs: number;
}

export interface MovingRigSettings {
  readonly slots: number;
  readonly create: (context: ProcessorContext) => Processor;
  readonly policy?: 'fail' | 'drop';
  readonly mostHeldBytes?: number;
}

interface RigSlot {
  readonly subtask: Subtask;
  readonly channel: LocalChannel;
  readonly moves: KeyGroupMoves;
  /** Everything but records that has left the slot, as texts. */
  readonly signals: string[];
  readonly failed: readonly FailedRecord[];
  readonly processor: Processor;
}

export class MovingRig {
  readonly slots: readonly RigSlot[];
  /** What has come out of all slots, in order. */
  readonly outputs: SlotOutput[] = [];
  /** State on its way, with the slot it goes to. */
  readonly mail: (readonly [number, MovedState])[] = [];
  /** Slots in which the end has passed. */
  ended = 0;
  private table: RoutingTable;
  private readonly partitioner;

  constructor(settings: MovingRigSettings) {
    this.table = initialRouting(settings.slots, keyGroups);
    const key = { kind: 'field', name: 'key' } as const;
    this.partitioner = createPartitioner({ kind: 'hash', key }, this.table);
    this.slots = Array.from({ length: settings.slots }, (_, slot) => this.slot(slot, settings));
  }

  async open(): Promise<void> {
    for (const { subtask } of this.slots) await subtask.open();
  }

  /** What the only sender of the task sends. */
  send(element: StreamElement): void {
    if (element.kind === 'batch') {
      this.partitioner.split(element, this.slots.length, (slot, part) =>
        this.slots[slot]?.channel.send(part),
      );
    } else for (const { channel } of this.slots) channel.send(element);
  }

  /** Puts the barrier that moves key groups behind what was sent. */
  move(groups: readonly number[], toSlot: number): void {
    this.table = moveKeyGroups(this.table, groups, toSlot);
    const barrier: Barrier = { kind: 'barrier', id: this.table.version, routing: this.table };
    this.send(barrier);
    this.partitioner.reroute(this.table);
  }

  /** Delivers one piece of state. */
  deliver(index: number = 0): void {
    for (const [toSlot, state] of this.mail.splice(index, 1)) this.slots[toSlot]?.moves.accept(state);
  }

  /** Steps a slot until it can do no more. */
  run(slot: number): void {
    const { subtask } = this.slots[slot] as RigSlot;
    for (let steps = 0; subtask.step() === 'progress'; steps++) {
      if (steps > 100_000) throw new Error('The subtask goes round in circles.');
    }
  }

  /** Delivers and steps until nothing moves any more. */
  settle(): void {
    do {
      while (this.mail.length > 0) this.deliver();
      for (let slot = 0; slot < this.slots.length; slot++) this.run(slot);
    } while (this.mail.length > 0);
  }

  private slot(slot: number, { create, policy = 'fail', slots, mostHeldBytes }: MovingRigSettings): RigSlot {
    const { outputs } = this;
    const signals: string[] = [];
    let behindMs = -Infinity;
    const collect = (batch: Batch): void => {
      batch.rows().forEach((value, i) => {
        const timestampMs = batch.timestamps[i] as number;
        if (i < batch.length) outputs.push({ slot, value, timestampMs, behindMs });
      });
    };
    const edge = {
      hasCredit: () => true,
      sendToAll: (element: StreamElement) => {
        if (element.kind === 'watermark') behindMs = element.timeMs;
        signals.push(textOf(element));
      },
    } as unknown as EdgeOutput;
    const emitter = new ChainEmitter([collect], policy !== 'fail');
    const context = fakeContext({ policy, maxParallelism: keyGroups, subtask: slot, parallelism: slots });
    const processor = create({ ...context, output: emitter });
    const channel = new LocalChannel(
      () => undefined,
      () => undefined,
    );
    const moves = new KeyGroupMoves(
      { task: 0, slot, parallelism: slots },
      [processor],
      this.table,
      (toSlot, state) => this.mail.push([toSlot, state]),
    );
    const gate = new InputGate([{ receiver: channel, port: 0, name: 'channel' }]);
    const subtask = new Subtask({
      task: 0,
      name: `slot ${slot}`,
      uid: 'under test',
      slot,
      clock: context.system.clock,
      input: new MovingInput(gate, moves, processor, keyGroups, new HeldElements(mostHeldBytes)),
      chain: new Chain([{ name: 'under test', uid: 'under test', processor, emitters: [emitter] }]),
      outputs: [edge],
      statistics: newStatistics(),
      moves,
      onEnd: () => {
        this.ended++;
      },
    });
    return { subtask, channel, moves, signals, failed: context.failed, processor };
  }
}
