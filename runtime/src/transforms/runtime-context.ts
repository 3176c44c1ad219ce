import type { Lifecycle, RuntimeContext } from '../api/functions.ts';
import type { ListStateDescriptor, StateAccess, StateDescriptor, SubtaskListState } from '../api/state.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { KeyedStore } from '../state/keyed-store.ts';
import { SubtaskState } from '../state/subtask-state.ts';
import type { MetricGroup } from '../telemetry/metrics.ts';
import type { ProcessorContext } from './processor.ts';

/** Where the state of a user function lives. */
export interface FunctionState {
  /** Absent = the transform does not follow a keyBy. */
  readonly keyed?: KeyedStore | undefined;
  readonly subtask?: SubtaskState | undefined;
}

/** A runtime context that gives out state until `seal`: handles are asked for in `open`, once, and not once a record. */
export interface OpeningContext extends RuntimeContext {
  /** List and union state of the function. */
  readonly subtaskState: SubtaskState;
  /** From now on asking for state is refused. */
  seal(): void;
}

const where = (transformName: string, state: string): { transform: string; state: string } => ({
  transform: transformName,
  state,
});

/** What a user function gets in `open`. One a function and subtask. */
class OpenContext implements OpeningContext {
  readonly jobName: string;
  readonly transformName: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly attempt: number;
  readonly args: Readonly<Record<string, string>>;
  readonly metrics: MetricGroup;
  readonly subtaskState: SubtaskState;
  readonly state: StateAccess['state'];
  private readonly keyed: KeyedStore | undefined;
  private isOpen = true;

  constructor(context: ProcessorContext, { keyed, subtask }: FunctionState) {
    this.jobName = context.jobName;
    this.transformName = context.transformName;
    this.subtask = context.subtask;
    this.parallelism = context.parallelism;
    this.maxParallelism = context.maxParallelism;
    this.attempt = context.attempt;
    this.args = context.args;
    this.metrics = context.metrics;
    this.keyed = keyed;
    this.subtaskState = subtask ?? new SubtaskState();
    // One function stands for the overloads of the interface, which say what each descriptor gives.
    this.state = ((descriptor: StateDescriptor) => this.keyedState(descriptor)) as StateAccess['state'];
  }

  listState<T>(descriptor: ListStateDescriptor<T>): SubtaskListState<T> {
    this.requireOpen(descriptor.name);
    return this.subtaskState.listState(descriptor);
  }

  unionListState<T>(descriptor: ListStateDescriptor<T>): SubtaskListState<T> {
    this.requireOpen(descriptor.name);
    return this.subtaskState.unionListState(descriptor);
  }

  seal(): void {
    this.isOpen = false;
  }

  private keyedState(descriptor: StateDescriptor): unknown {
    const { name } = descriptor;
    this.requireOpen(name);
    if (this.keyed !== undefined) return this.keyed.register(descriptor);
    throw new MillraceError(
      'user-code',
      `The transform “${this.transformName}” asks for the keyed state “${name}”, but its input has no keys.`,
      {
        hint: 'Put keyBy before a process function to have state a key, or use listState for state of the subtask.',
        where: where(this.transformName, name),
      },
    );
  }

  private requireOpen(name: string): void {
    if (this.isOpen) return;
    throw new MillraceError(
      'user-code',
      `The transform “${this.transformName}” asks for the state “${name}” after its open has ended.`,
      {
        hint: 'Ask for state in open(context), keep the handle in a field, and use the handle for each record.',
        where: where(this.transformName, name),
      },
    );
  }
}

/** The runtime context of one user function; give it to `openLifecycle`. */
export const createRuntimeContext = (context: ProcessorContext, state: FunctionState = {}): OpeningContext =>
  new OpenContext(context, state);

const lifecycleFailure = (error: unknown, method: string, transformName: string): MillraceError => {
  if (MillraceError.is(error)) return error;
  return new MillraceError(
    'user-code',
    `“${method}” of the transform “${transformName}” failed: ${reasonOf(error)}`,
    {
      cause: error,
      hint: `Correct the function's ${method}, or catch what may fail in it.`,
      where: { transform: transformName },
    },
  );
};

/**
 * Runs the function's `open`; afterwards its context gives out no more state.
 * @throws MillraceError user-code when `open` throws or rejects.
 */
export const openLifecycle = async (lifecycle: Lifecycle, context: OpeningContext): Promise<void> => {
  try {
    await lifecycle.open?.(context);
  } catch (error) {
    throw lifecycleFailure(error, 'open', context.transformName);
  } finally {
    context.seal();
  }
};

/**
 * Runs the function's `checkpointComplete` or `checkpointAborted`.
 * @throws MillraceError user-code when it throws.
 */
export const tellCheckpointEnded = (
  lifecycle: Lifecycle,
  checkpointId: number,
  completed: boolean,
  transformName: string,
): void => {
  const method = completed ? 'checkpointComplete' : 'checkpointAborted';
  try {
    lifecycle[method]?.(checkpointId);
  } catch (error) {
    throw lifecycleFailure(error, method, transformName);
  }
};

/**
 * Runs the function's `close`.
 * @throws MillraceError user-code when `close` throws or rejects.
 */
export const closeLifecycle = async (lifecycle: Lifecycle, transformName: string): Promise<void> => {
  try {
    await lifecycle.close?.();
  } catch (error) {
    throw lifecycleFailure(error, 'close', transformName);
  }
};
