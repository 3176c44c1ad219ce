import type { EnumeratorContext, Source, SplitEnumerator } from '../api/connectors.ts';
import { cloneValue, describeValue, findUnsupported } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { PhysicalGraph, Task } from '../graph/physical-graph.ts';
import { userFrame } from '../task/failures.ts';
import type { AssignedSplit, EnumeratorState, JobCodeSurroundings } from './job-code.ts';

/** What the enumerators of an attempt tell. */
export interface EnumeratorReports {
  assign(task: number, slot: number, split: unknown): void;
  noMoreSplits(task: number, slot: number): void;
  onFailed(error: unknown): void;
}

/** An enumerator may be code of the job's author: its failure names the source, and the author's own line. */
const enumeratorFailure = (source: string, error: unknown): MillraceError => {
  if (MillraceError.is(error)) return error;
  const at = userFrame(error);
  const reason = error instanceof Error ? reasonOf(error) : describeValue(error, 300);
  return new MillraceError('user-code', `The enumerator of the source “${source}” failed: ${reason}`, {
    cause: error,
    where: { transform: source, ...(at === undefined ? {} : { at }) },
    hint: 'Correct the enumerator of this source.',
  });
};

/** Why a split cannot be given to a subtask; undefined when it can. */
const splitProblem = (
  source: string,
  split: unknown,
  subtask: number,
  parallelism: number,
): MillraceError | undefined => {
  if (!Number.isInteger(subtask) || subtask < 0 || subtask >= parallelism) {
    return new MillraceError(
      'user-code',
      `The enumerator of the source “${source}” spoke to subtask ${subtask}, and there are ${parallelism}, numbered from 0.`,
      { where: { transform: source }, hint: 'Answer the subtask that has asked.' },
    );
  }
  const problem = findUnsupported(split);
  if (problem === undefined) return undefined;
  return new MillraceError(
    'value-unsupported',
    `The source “${source}” has a split that cannot be sent to its reader: ${problem.path || 'it'} is ${problem.found}.`,
    {
      where: { transform: source, split: describeValue(split, 200) },
      hint: 'A split crosses threads: make it a plain value that says what to read, and let the reader open it.',
    },
  );
};

/** The state of an enumerator is written into checkpoints, so it is a plain value; undefined when it is one. */
const stateProblem = (source: string, state: unknown): MillraceError | undefined => {
  const problem = findUnsupported(state);
  if (problem === undefined) return undefined;
  return new MillraceError(
    'value-unsupported',
    `The enumerator of the source “${source}” has a state that cannot be written: ${problem.path || 'it'} is ${problem.found}.`,
    {
      where: { transform: source, state: describeValue(state, 200) },
      hint: 'Give plain values in snapshot(), and make what is open from them in createEnumerator.',
    },
  );
};

const snapshotOf = (source: string, enumerator: SplitEnumerator<unknown, unknown>): unknown => {
  try {
    const state = enumerator.snapshot();
    const problem = stateProblem(source, state);
    if (problem !== undefined) throw problem;
    return cloneValue(state);
  } catch (error) {
    throw enumeratorFailure(source, error);
  }
};

const splitsOf = (assigned: readonly AssignedSplit[], task: number): readonly unknown[] =>
  assigned.flatMap((one) => (one.task === task ? [cloneValue(one.split)] : []));

/** Its readers have gone on without it. @throws MillraceError when it knows no way to follow them */
const leaveOut = (
  { name }: Enumerated,
  enumerator: SplitEnumerator<unknown, unknown>,
  splits: readonly unknown[],
): void => {
  if (enumerator.alreadyAssigned !== undefined) return enumerator.alreadyAssigned(splits);
  throw new MillraceError('io', `The source “${name}” cannot go on where its readers are.`, {
    where: { transform: name },
    hint: 'Nothing is lost: the job goes on from its last checkpoint. An enumerator with `alreadyAssigned` is spared that.',
  });
};

/** A source of the job, and its enumerator once it is made. */
interface Enumerated {
  readonly name: string;
  readonly uid: string;
  readonly create: (restored: unknown) => SplitEnumerator<unknown, unknown>;
  enumerator?: SplitEnumerator<unknown, unknown>;
}

/** The enumerators of a job's sources, one a source task, on this thread. */
export class Enumerators {
  private readonly byTask = new Map<number, Enumerated>();
  private readonly reports: EnumeratorReports;

  constructor(graph: PhysicalGraph, surroundings: JobCodeSurroundings, reports: EnumeratorReports) {
    this.reports = reports;
    for (const task of graph.tasks) this.add(task, surroundings);
  }

  /** Makes them all, then lets one after the other begin. */
  async start(restored: readonly EnumeratorState[] = [], assigned?: readonly AssignedSplit[]): Promise<void> {
    for (const [task, source] of this.byTask) {
      const state = restored.find(({ uid }) => uid === source.uid)?.state;
      try {
        source.enumerator = source.create(state);
        if (assigned !== undefined) leaveOut(source, source.enumerator, splitsOf(assigned, task));
      } catch (error) {
        throw enumeratorFailure(source.name, error);
      }
    }
    for (const source of this.byTask.values()) {
      try {
        await source.enumerator?.start();
      } catch (error) {
        throw enumeratorFailure(source.name, error);
      }
    }
  }

  requestSplit(task: number, slot: number): void {
    this.call(task, (enumerator) => enumerator.requestSplit(slot));
  }

  addSplitsBack(task: number, slot: number, splits: readonly unknown[]): void {
    this.call(task, (enumerator) => enumerator.addSplitsBack(splits.map(cloneValue), slot));
  }

  snapshot(take: (states: readonly EnumeratorState[]) => void): void {
    const states: EnumeratorState[] = [];
    try {
      for (const { name, uid, enumerator } of this.byTask.values()) {
        if (enumerator !== undefined) states.push({ uid, state: snapshotOf(name, enumerator) });
      }
    } catch (error) {
      return this.reports.onFailed(error);
    }
    take(states);
  }

  /** Closes every enumerator, also when one of them fails; the first failure is thrown at the end. */
  async close(): Promise<void> {
    let first: MillraceError | undefined;
    for (const { name, enumerator } of this.byTask.values()) {
      try {
        await enumerator?.close();
      } catch (error) {
        first ??= enumeratorFailure(name, error);
      }
    }
    if (first !== undefined) throw first;
  }

  private call(task: number, work: (enumerator: SplitEnumerator<unknown, unknown>) => void): void {
    const source = this.byTask.get(task);
    if (source?.enumerator === undefined) return;
    try {
      work(source.enumerator);
    } catch (error) {
      this.reports.onFailed(enumeratorFailure(source.name, error));
    }
  }

  private add(
    { index, chain, parallelism }: Task,
    { system, logger, baseDirectory }: JobCodeSurroundings,
  ): void {
    const node = chain[0];
    if (node?.spec.kind !== 'source') return;
    const source: Source<unknown> = node.spec.source;
    const { name } = node;
    const { reports } = this;
    const context: EnumeratorContext<unknown> = {
      system,
      logger,
      baseDirectory,
      parallelism,
      // Copied on one thread as well, so that a source cannot come to depend on sharing a split with its reader.
      assign: (subtask, split) => {
        const problem = splitProblem(name, split, subtask, parallelism);
        if (problem === undefined) reports.assign(index, subtask, cloneValue(split));
        else reports.onFailed(problem);
      },
      noMoreSplits: (subtask) => {
        const problem = splitProblem(name, undefined, subtask, parallelism);
        if (problem === undefined) reports.noMoreSplits(index, subtask);
        else reports.onFailed(problem);
      },
      fail: (error) => reports.onFailed(enumeratorFailure(name, error)),
    };
    const create: Enumerated['create'] = (restored) =>
      restored === undefined
        ? source.createEnumerator(context)
        : source.createEnumerator(context, cloneValue(restored));
    this.byTask.set(index, { name, uid: node.uid ?? name, create });
  }
}
