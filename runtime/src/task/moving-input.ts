import type { Batch, BatchKeys } from '../batch/batch.ts';
import { selectRows } from '../batch/slice.ts';
import type { Barrier, StreamElement } from '../exchange/element.ts';
import { keyGroupOf } from '../state/key-groups.ts';
import type { Processor } from '../transforms/processor.ts';
import type { FlowCounts } from './flow-counts.ts';
import { HeldElements } from './held-elements.ts';
import type { SubtaskInput } from './input.ts';
import type { KeyGroupMoves } from './key-group-moves.ts';
import type { Overtaken } from './overtaken.ts';

const nothing: StreamElement = { kind: 'nothing' };

/**
 * The input of a subtask whose key groups may move: an input gate behind which records of key groups in transit wait, while
 * all others go on.
 *
 * The watermark of the whole subtask waits with them, as behind a slow channel, since nobody may be told that event time has
 * passed while timers of some key group cannot fire. What it would change must not overtake it: records that are late behind it,
 * and those of key groups in which it fires something, wait in the same order. Records with later timestamps go on; windows and
 * joins put them where they belong, before that watermark or after it. A barrier, the end and records without a key are
 * overtaken by nothing: the gate takes no more input behind them until all state has come.
 */
export class MovingInput implements SubtaskInput {
  port = 0;
  private readonly gate: SubtaskInput;
  private readonly moves: KeyGroupMoves;
  /** The first of the chain, which gets the records. */
  private readonly processor: Processor;
  private readonly maxParallelism: number;
  private readonly held: HeldElements;
  /** The last watermark that waits, −Infinity = none. */
  private heldMs = -Infinity;
  /** Key groups whose records wait behind a watermark, although they are not in transit (any more). */
  private readonly stays: Uint8Array;
  /** Positions in a batch by where they go: `passing`, `behindLine` or a key group in transit. */
  private readonly positions = new Map<number, number[]>();

  constructor(
    gate: SubtaskInput,
    moves: KeyGroupMoves,
    processor: Processor,
    maxParallelism: number,
    held: HeldElements = new HeldElements(),
  ) {
    this.gate = gate;
    this.moves = moves;
    this.processor = processor;
    this.maxParallelism = maxParallelism;
    this.held = held;
    this.stays = new Uint8Array(maxParallelism);
  }

  next(nowMs: number): StreamElement | undefined {
    const { moves, held } = this;
    if (!moves.waiting && held.isEmpty) return this.poll(nowMs);
    const keyGroup = moves.takeIn();
    if (keyGroup >= 0) {
      if (!moves.isInTransit(keyGroup)) this.arrived(keyGroup);
      return nothing;
    }
    const released = held.take(!moves.waiting);
    if (released !== undefined) {
      this.port = released.port;
      if (held.isEmpty) this.reset();
      return released.element;
    }
    if (held.isFull) return undefined;
    const element = this.poll(nowMs);
    return element === undefined ? undefined : this.pass(element);
  }

  nextTimeMs(): number {
    return this.gate.nextTimeMs();
  }

  get counts(): FlowCounts | undefined {
    return this.gate.counts;
  }

  get watermarksMs(): readonly number[] | undefined {
    return this.gate.watermarksMs;
  }

  get alignmentMs(): number {
    return this.gate.alignmentMs ?? 0;
  }

  /** While key groups are in transit a checkpoint stays aligned: what waits for them is in no channel. */
  overtake(barrier: Barrier, overtaken: Overtaken, nowMs: number): boolean {
    if (this.moves.waiting || !this.held.isEmpty) return false;
    return this.gate.overtake?.(barrier, overtaken, nowMs) ?? false;
  }

  stopRecording(): void {
    this.gate.stopRecording?.();
  }

  restoreWatermark(watermarkMs: number): void {
    this.gate.restoreWatermark?.(watermarkMs);
  }

  private poll(nowMs: number): StreamElement | undefined {
    const element = this.gate.next(nowMs);
    this.port = this.gate.port;
    return element;
  }

  /** Nothing waits any more. */
  private reset(): void {
    this.heldMs = -Infinity;
    this.stays.fill(0);
  }

  private arrived(keyGroup: number): void {
    const released = this.held.release(keyGroup);
    if (!this.held.hasLine) return;
    // Its records stand before the watermark and may register timers that it fires.
    if (released) this.stays[keyGroup] = 1;
    else this.lookForDue(keyGroup);
  }

  private lookForDue(keyGroup: number): void {
    if (this.processor.hasDue?.(keyGroup, this.heldMs) === true) this.stays[keyGroup] = 1;
  }

  /** What may go on of an element that has come while something waits. */
  private pass(element: StreamElement): StreamElement {
    const { held } = this;
    switch (element.kind) {
      case 'batch':
        held.endIdle();
        return this.split(element);
      case 'watermark':
        held.endIdle();
        held.holdBehind(element, 0);
        this.heldMs = element.timeMs;
        for (let keyGroup = 0; keyGroup < this.maxParallelism; keyGroup++) this.lookForDue(keyGroup);
        return nothing;
      case 'idle':
        held.holdIdle();
        return nothing;
      case 'latency':
      case 'nothing':
        return element;
      case 'barrier':
      case 'end':
        held.seal(element, 0);
        return nothing;
    }
  }

  private split(batch: Batch): StreamElement {
    const { held, port, positions } = this;
    if (batch.keys === undefined) {
      if (held.isEmpty) return batch;
      held.seal(batch, port);
      return nothing;
    }
    this.group(batch, batch.keys);
    let result: StreamElement = nothing;
    for (const [place, list] of positions) {
      const part =
        list.length === batch.length ? batch : selectRows(batch, Int32Array.from(list), list.length);
      if (place === passing) result = part;
      else if (place === behindLine) held.holdBehind(part, port);
      else held.holdGroup(place, part, port);
    }
    return result;
  }

  /** Fills `positions`; all records that wait behind a watermark stay together, in order. */
  private group({ timestamps, length }: Batch, { hashes }: BatchKeys): void {
    const { positions } = this;
    positions.clear();
    const { hasLine } = this.held;
    for (let i = 0; i < length; i++) {
      const keyGroup = keyGroupOf(hashes[i] as number, this.maxParallelism);
      const waits = this.waits(keyGroup, timestamps[i] as number, hasLine);
      const place = waits ? (hasLine ? behindLine : keyGroup) : passing;
      const list = positions.get(place);
      if (list === undefined) positions.set(place, [i]);
      else list.push(i);
    }
  }

  private waits(keyGroup: number, timestampMs: number, hasLine: boolean): boolean {
    if (!hasLine) return this.moves.isInTransit(keyGroup);
    if (this.stays[keyGroup] === 1) return true;
    // A session ends 1 ms after the watermark that closes it, and a record at its end still belongs to it.
    if (timestampMs > this.heldMs + 1 && !this.moves.isInTransit(keyGroup)) return false;
    if (Number.isNaN(timestampMs) && !this.moves.isInTransit(keyGroup)) return false;
    this.stays[keyGroup] = 1;
    return true;
  }
}

/** Places of records in `positions` that are no key groups. */
const passing = -1;
const behindLine = -2;
