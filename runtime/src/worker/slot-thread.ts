import { describeValue, findUnsupported } from '../batch/values.ts';
import { initialRouting } from '../exchange/routing-table.ts';
import type { Cancellable, System } from '../sys/system.ts';
import type { ThreadPort } from '../sys/threads.ts';
import type { DeadLetter } from '../task/failures.ts';
import { Pulse } from '../task/pulse.ts';
import type { SlotEvents } from '../task/slot.ts';
import type { SlotSetup } from '../task/slot-setup.ts';
import { MetricGroup } from '../telemetry/metrics.ts';
import { assertSameGraph, loadGraph } from './job-code.ts';
import { createLocalSlot } from './local-slot.ts';
import { answerOf, type QuestionAnswer } from './open-questions.ts';
import { toPlainError } from './plain-error.ts';
import { remoteLogger } from './remote-logger.ts';
import { openSlotChannels, type SlotChannels } from './slot-channels.ts';
import type { BareSlot } from './slot-handle.ts';
import type { FromSlot, SlotThreadData, ToSlot } from './slot-messages.ts';
import { UnitWindow } from './unit-window.ts';

const reportIntervalMs = 200;

/** Characters of a record that cannot be sent as it is. */
const shownCharacters = 1000;

/** The life of a slot's thread: load, agree, run, report, end. `load`: where the job comes from. */
export const runSlotThread = async (
  port: ThreadPort,
  system: System,
  load: typeof loadGraph = loadGraph,
): Promise<void> => {
  const send = (message: FromSlot): void => port.post(message);
  const fail = (error: unknown): void => send({ kind: 'failed', error: toPlainError(error) });
  let slot: BareSlot;
  let channels: SlotChannels | undefined;
  let nextReport: Cancellable | undefined;
  // The thread ends by itself when nothing is left to wait for.
  const end = (): void => {
    nextReport?.cancel();
    sendReport();
    channels?.destroy();
    port.close();
  };
  // Nobody may end this process before the others have all that was sent to them.
  const leave = async (drained: boolean): Promise<void> => {
    await channels?.close();
    // Whoever hears of the end may look at the counters at once.
    sendReport();
    send({ kind: 'finished', drained });
    end();
  };
  // Another slot is lost: this one has not failed by itself, so it is told and closed from here.
  const lose = (error: unknown): void => {
    fail(error);
    void slot.cancel().then(end, end);
  };
  const sendReport = (): void => send({ kind: 'report', report: slot.report(), metrics: slot.metrics() });
  const window = windowOver(send);
  try {
    const data = port.data as SlotThreadData;
    const graph = await load(data);
    assertSameGraph(graph, data.graphHash, `slot ${data.slot}`);
    const logger = remoteLogger(send, data.logLevel, { slot: data.slot });
    channels = await openSlotChannels(graph, data, system, logger, lose);
    slot = createSlot(data, { system, logger, graph, remote: channels.remote }, send, {
      snapshots: data.checkpoints ? window : undefined,
      onEnded: data.checkpoints ? (drained) => send({ kind: 'ended', drained }) : undefined,
      onFinished: (drained) => void leave(drained),
      onFailed: (error) => {
        fail(error);
        end();
      },
    });
  } catch (error) {
    fail(error);
    channels?.destroy();
    return port.close();
  }
  const report = (): void => {
    sendReport();
    nextReport = system.timers.after(reportIntervalMs, report);
  };
  const ready = (): void => send({ kind: 'ready' });
  const answer = (given: QuestionAnswer): void => send({ kind: 'answer', ...given });
  port.onMessage((raw) => {
    const message = raw as ToSlot;
    if (message.kind === 'unitsTaken') {
      window.acknowledge(message.bytes);
      slot.snapshotsHaveRoom();
    } else if (message.kind === 'connect') channels?.connect(message.peers).then(ready, lose);
    else obey(message, slot, { end, obeyed: () => send({ kind: 'done' }), answer });
  });
  report();
  if (channels.port === undefined) ready();
  else send({ kind: 'listening', port: channels.port });
};

const windowOver = (send: (message: FromSlot) => void): UnitWindow =>
  new UnitWindow(
    (checkpointId, unit) => send({ kind: 'unit', checkpointId, unit }),
    (snapshot) => send({ kind: 'taken', snapshot }),
  );

const createSlot = (
  data: SlotThreadData,
  surroundings: Pick<SlotSetup, 'system' | 'logger' | 'graph' | 'remote'>,
  send: (message: FromSlot) => void,
  events: SlotEvents & Pick<SlotSetup, 'snapshots'>,
): BareSlot =>
  createLocalSlot({
    ...data,
    ...events,
    ...surroundings,
    metrics: new MetricGroup(),
    deadLetters: (letter) => send({ kind: 'deadLetter', letter: sendableLetter(letter) }),
    routing: initialRouting(surroundings.graph.slots, surroundings.graph.maxParallelism),
    pulse: new Pulse(new Int32Array(data.pulses), data.slot),
    alignment: data.links.alignment,
    requestSplit: (task) => send({ kind: 'requestSplit', task }),
    sendState: (toSlot, state) => send({ kind: 'state', toSlot, state }),
  });

/** A record may be a dead letter because it is no value at all, a function say: then its description is sent. */
const sendableLetter = (letter: DeadLetter): DeadLetter =>
  findUnsupported(letter.record) === undefined
    ? letter
    : { ...letter, record: describeValue(letter.record, shownCharacters) };

/** What a thread tells when it has obeyed. */
interface Answers {
  obeyed(): void;
  answer(answer: QuestionAnswer): void;
  end(): void;
}

const obey = (
  message: Exclude<ToSlot, { kind: 'unitsTaken' | 'connect' }>,
  slot: BareSlot,
  { obeyed, answer, end }: Answers,
): void => {
  switch (message.kind) {
    case 'open':
      return void slot.open(message.restore).then(obeyed);
    case 'load':
      return void slot.load(message.units).then(obeyed);
    case 'checkpointEnded':
      return slot.checkpointEnded(message.checkpointId, message.completed);
    case 'release':
      return slot.release();
    case 'start':
      return slot.start();
    case 'addSplit':
      return slot.addSplit(message.task, message.split);
    case 'noMoreSplits':
      return slot.noMoreSplits(message.task);
    case 'inject':
      return slot.inject(message.barrier);
    case 'state':
      return slot.acceptState(message.state);
    case 'stop':
      return slot.stop();
    case 'drain':
      return slot.drain();
    case 'ask':
      return void answerOf(slot, message).then(answer);
    case 'cancel':
      return void slot.cancel().then(end);
  }
};
