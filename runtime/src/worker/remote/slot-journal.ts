import type { SlotAnswer, SlotCall } from './slot-calls.ts';

/** A split that a slot was given, with the newest checkpoint whose barrier it got before. */
interface GivenSplit {
  readonly task: number;
  readonly split: unknown;
  readonly behindId: number;
}

/** What the next coordinator must know of a slot that goes on without one; a plain value. */
export interface HeldSlot {
  readonly slot: number;
  /** The newest checkpoint whose barrier it got, or that it was restored from; 0 = none. */
  readonly barrierId: number;
  /** The newest checkpoint of which it was told how it ended. */
  readonly endedId: number;
  readonly splits: readonly GivenSplit[];
  /** The task of each split that it has asked for and not got. */
  readonly asked: readonly number[];
  /** Set when every subtask has ended and waits for its release. */
  readonly ended: { readonly drained: boolean } | undefined;
}

/**
 * What a slot was told and has told, as far as another coordinator has to know it to go on with the slot. Splits are kept until a
 * checkpoint behind them is complete.
 */
export class SlotJournal {
  private readonly slot: number;
  private hasStarted = false;
  /** It ends, or has ended, or a coordinator holds some of its state: whoever comes next begins anew. */
  private isLost = false;
  private barrierId = 0;
  private endedId = 0;
  private splits: GivenSplit[] = [];
  private readonly asked = new Map<number, number>();
  private ended: { readonly drained: boolean } | undefined;

  constructor(slot: number) {
    this.slot = slot;
  }

  /** Whether another coordinator can go on with it. */
  get canBeHeld(): boolean {
    return this.hasStarted && !this.isLost;
  }

  get held(): HeldSlot {
    const { slot, barrierId, endedId, splits, ended } = this;
    const asked = [...this.asked].flatMap(([task, count]) => Array<number>(count).fill(task));
    return { slot, barrierId, endedId, splits, asked, ended };
  }

  /** The slot was told something. */
  told(call: SlotCall): void {
    switch (call.kind) {
      case 'open':
        this.barrierId = call.beginning?.checkpoint.checkpointId ?? 0;
        this.endedId = this.barrierId;
        return;
      case 'start':
        this.hasStarted = true;
        return;
      case 'addSplit':
        this.splits.push({ task: call.task, split: call.split, behindId: this.barrierId });
        return this.answer(call.task, 1);
      case 'noMoreSplits':
        return this.answer(call.task, Infinity);
      case 'inject':
        return this.cut(call.barrier);
      case 'checkpointEnded':
        this.endedId = call.checkpointId;
        if (call.completed) this.splits = this.splits.filter(({ behindId }) => behindId >= call.checkpointId);
        return;
      case 'state':
      case 'stop':
      case 'drain':
      case 'release':
      case 'cancel':
        this.isLost = true;
        return;
      default:
    }
  }

  /** The slot has told something. */
  says(answer: SlotAnswer): void {
    switch (answer.kind) {
      case 'requestSplit':
        this.asked.set(answer.task, (this.asked.get(answer.task) ?? 0) + 1);
        return;
      case 'ended':
        this.ended = { drained: answer.drained };
        return;
      case 'state':
      case 'finished':
      case 'failed':
        this.isLost = true;
        return;
      default:
    }
  }

  private cut({ routing, checkpoint }: Extract<SlotCall, { kind: 'inject' }>['barrier']): void {
    // Routes that have changed are known to whoever has changed them, and what is parked waits for the attempt behind it.
    if (routing !== undefined || checkpoint?.parks === true) this.isLost = true;
    if (checkpoint !== undefined) this.barrierId = checkpoint.id;
  }

  private answer(task: number, count: number): void {
    const left = (this.asked.get(task) ?? 0) - count;
    if (left > 0) this.asked.set(task, left);
    else this.asked.delete(task);
  }
}
