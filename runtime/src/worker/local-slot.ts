import { SlotQuestions } from '../task/slot-questions.ts';
import { SlotRuntime } from '../task/slot-runtime.ts';
import type { SlotSetup } from '../task/slot-setup.ts';
import type { BareSlot, SubtaskReport } from './slot-handle.ts';

/** A slot on this very thread. */
export const createLocalSlot = (setup: SlotSetup): BareSlot => {
  const runtime = new SlotRuntime({
    ...setup,
    onFinished: (drained) => {
      questions.close();
      setup.onFinished(drained);
    },
    onFailed: (error) => {
      questions.close();
      setup.onFailed(error);
    },
  });
  const questions = new SlotQuestions(setup.system, runtime.subtasks);
  /** A reader may be code of the job's author: what it throws is the failure of its slot, not of whoever gives it a split. */
  const failing = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      runtime.slot.fail(error);
    }
  };
  return {
    ready: Promise.resolve(),
    open: (restore) => runtime.open(restore).catch((error: unknown) => runtime.slot.fail(error)),
    load: async (units) => {
      if (runtime.disk !== undefined) await runtime.disk.ready();
      failing(() => runtime.load(units));
    },
    start: () => void runtime.start().catch((error: unknown) => runtime.slot.fail(error)),
    addSplit: (task, split) => failing(() => runtime.addSplit(task, split)),
    noMoreSplits: (task) => failing(() => runtime.noMoreSplits(task)),
    inject: (barrier) => failing(() => runtime.inject(barrier)),
    acceptState: (state) => failing(() => runtime.acceptState(state)),
    stop: () => failing(() => runtime.stop()),
    drain: () => failing(() => runtime.drain()),
    checkpointEnded: (checkpointId, completed) =>
      failing(() => runtime.checkpointEnded(checkpointId, completed)),
    release: () => runtime.release(),
    snapshotsHaveRoom: () => runtime.snapshotsHaveRoom(),
    cancel: () => {
      questions.close();
      return runtime.cancel();
    },
    ask: (question) => questions.answer(question),
    report: () => reportOf(runtime, setup.slot),
    metrics: () => setup.metrics.snapshot(),
  };
};

/** The counters of a slot's subtasks now. */
const reportOf = (runtime: SlotRuntime, slot: number): readonly SubtaskReport[] =>
  runtime.subtasks.map((subtask) => ({
    ...subtask.statistics,
    task: subtask.task,
    name: subtask.name,
    slot,
    blockedMs: subtask.blockedMs,
    flow: subtask.flow(),
    recordsOut: subtask.recordsOut,
    lateRecords: runtime.lateRecords(subtask.task),
  }));
