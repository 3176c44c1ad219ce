import { MillraceError } from '../../contract/errors.ts';
import type { Cancellable, System } from '../../sys/system.ts';
import { answerOf } from '../open-questions.ts';
import { toPlainError } from '../plain-error.ts';
import type { SlotHandle, SlotReports } from '../slot-handle.ts';
import { barrierOf, beginningOf, type SlotAnswer, type SlotCall } from './slot-calls.ts';
import type { HeldSlot, SlotJournal } from './slot-journal.ts';

/** How often the counters of a slot are told. */
const reportIntervalMs = 500;

/**
 * A slot of this worker, held by a coordinator in another process: does what messages say, and tells what happens by messages.
 * `send` may lead to another coordinator from one message to the next.
 */
export class HostedSlot {
  private readonly system: Pick<System, 'timers'>;
  private readonly send: (answer: SlotAnswer) => void;
  private readonly slot: SlotHandle;
  private readonly journal: SlotJournal | undefined;
  private nextReport: Cancellable | undefined;
  /** It has ended, or was cancelled. */
  isOver = false;

  /** `create` makes the slot, which tells its end by `onFinished` or `onFailed`. Without a journal no other coordinator can go on with it. */
  constructor(
    system: Pick<System, 'timers'>,
    send: (answer: SlotAnswer) => void,
    create: (reports: SlotReports) => SlotHandle,
    journal?: SlotJournal,
  ) {
    this.system = system;
    this.journal = journal;
    this.send = (answer) => {
      journal?.says(answer);
      send(answer);
    };
    this.slot = create(this.reports());
    this.slot.ready.then(
      () => this.send({ kind: 'ready' }),
      (error: unknown) => this.fail(error),
    );
    this.scheduleReport();
  }

  /** What the next coordinator must know of it; undefined = it cannot go on with it. */
  get held(): HeldSlot | undefined {
    return this.journal?.canBeHeld === true ? this.journal.held : undefined;
  }

  /** The coordinator says something. */
  obey(call: SlotCall): void {
    const { slot } = this;
    this.journal?.told(call);
    switch (call.kind) {
      case 'open':
        return void slot
          .open(call.beginning && beginningOf(call.beginning))
          .then(() => this.send({ kind: 'opened' }));
      case 'preload':
        return void slot.preload(beginningOf(call.beginning)).then(() => this.send({ kind: 'preloaded' }));
      case 'start':
        return slot.start();
      case 'addSplit':
        return slot.addSplit(call.task, call.split);
      case 'noMoreSplits':
        return slot.noMoreSplits(call.task);
      case 'inject':
        return slot.inject(barrierOf(call));
      case 'state':
        return slot.acceptState(call.state);
      case 'stop':
        return slot.stop();
      case 'drain':
        return slot.drain();
      case 'checkpointEnded':
        return slot.checkpointEnded(call.checkpointId, call.completed);
      case 'release':
        return slot.release();
      case 'ask':
        return void answerOf(slot, call).then((answer) => this.send({ kind: 'answer', ...answer }));
      case 'cancel':
        return void this.cancel();
      default:
        throw new MillraceError('io', `a slot was told ${JSON.stringify(call)}, which means nothing here`);
    }
  }

  /** Ends the slot at once, whether anybody hears of it or not. */
  async cancel(): Promise<void> {
    this.end();
    let problem: unknown;
    try {
      await this.slot.cancel();
    } catch (error) {
      problem = error;
    }
    this.send({ kind: 'cancelled', error: problem === undefined ? undefined : toPlainError(problem) });
  }

  private reports(): SlotReports {
    const { send } = this;
    return {
      requestSplit: (task) => send({ kind: 'requestSplit', task }),
      sendState: (toSlot, state) => send({ kind: 'state', toSlot, state }),
      onEnded: (drained) => send({ kind: 'ended', drained }),
      onAck: (ack) => send({ kind: 'ack', ack }),
      onRefused: (checkpointId, error) => send({ kind: 'refused', checkpointId, error: toPlainError(error) }),
      onFinished: (drained) => {
        this.end();
        send({ kind: 'finished', drained });
      },
      onFailed: (error) => this.fail(error),
    };
  }

  private fail(error: unknown): void {
    if (this.isOver) return;
    this.end();
    this.send({ kind: 'failed', error: toPlainError(error) });
  }

  /** The last report comes before the end that it belongs to. */
  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.nextReport?.cancel();
    this.report();
  }

  private report(): void {
    this.send({ kind: 'report', report: this.slot.report(), metrics: this.slot.metrics() });
  }

  private scheduleReport(): void {
    this.nextReport = this.system.timers.after(reportIntervalMs, () => {
      this.report();
      this.scheduleReport();
    });
  }
}
