import { SlotRuntime } from '../task/slot-runtime.ts';
import type { SlotSetup } from '../task/slot-setup.ts';
import type { SlotHandle, SubtaskReport } from './slot-handle.ts';

/** A slot on this very thread: only for the first attempt of a local job of one slot. */
export const createLocalSlot = (setup: SlotSetup): SlotHandle => {
  const runtime = new SlotRuntime(setup);
  return {
    start: () => void runtime.start(),
    addSplit: (task, split) => runtime.addSplit(task, split),
    noMoreSplits: (task) => runtime.noMoreSplits(task),
    inject: (barrier) => runtime.inject(barrier),
    acceptState: (state) => runtime.acceptState(state),
    stop: () => runtime.stop(),
    cancel: () => runtime.cancel(),
    report: () => reportOf(runtime, setup.slot),
    metrics: () => setup.metrics.snapshot(),
  };
};

/** The counters of a slot's subtasks now. */
export const reportOf = (runtime: SlotRuntime, slot: number): readonly SubtaskReport[] =>
  runtime.subtasks.map((subtask) => ({
    ...subtask.statistics,
    task: subtask.task,
    name: subtask.name,
    slot,
    recordsOut: subtask.recordsOut,
    lateRecords: runtime.lateRecords(subtask.task),
  }));
