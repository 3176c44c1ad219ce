import type { EnumeratorContext, Source, SplitEnumerator } from '../api/connectors.ts';
import { cloneValue, describeValue, findUnsupported } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { PhysicalGraph, Task } from '../graph/physical-graph.ts';
import type { System } from '../sys/system.ts';
import { userFrame } from '../task/failures.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What the enumerators of an attempt tell. */
export interface EnumeratorReports {
  assign(task: number, slot: number, split: unknown): void;
  noMoreSplits(task: number, slot: number): void;
  onFailed(error: unknown): void;
}

/** How the job holds its enumerators, whether they run on this thread or on one of their own. */
export interface EnumeratorsHandle {
  /** Resolves when the enumerators are made; rejects when they never will be. */
  readonly ready: Promise<void>;
  /** Lets them look for splits; resolves when all of them have begun. */
  start(): Promise<void>;
  requestSplit(task: number, slot: number): void;
  /** Ends them; rejects when that fails. */
  close(): Promise<void>;
}

export interface EnumeratorSurroundings {
  readonly system: System;
  readonly logger: Logger;
  readonly baseDirectory: string;
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

/** The enumerators of a job's sources, one a source task, on this thread. */
export class Enumerators implements EnumeratorsHandle {
  readonly ready: Promise<void> = Promise.resolve();
  private readonly byTask = new Map<number, SplitEnumerator<unknown, unknown>>();
  private readonly names = new Map<number, string>();
  private readonly reports: EnumeratorReports;

  constructor(graph: PhysicalGraph, surroundings: EnumeratorSurroundings, reports: EnumeratorReports) {
    this.reports = reports;
    for (const task of graph.tasks) this.create(task, surroundings);
  }

  async start(): Promise<void> {
    for (const [task, enumerator] of this.byTask) {
      try {
        await enumerator.start();
      } catch (error) {
        throw this.failure(task, error);
      }
    }
  }

  requestSplit(task: number, slot: number): void {
    try {
      this.byTask.get(task)?.requestSplit(slot);
    } catch (error) {
      this.reports.onFailed(this.failure(task, error));
    }
  }

  /** Closes every enumerator, also when one of them fails; the first failure is thrown at the end. */
  async close(): Promise<void> {
    let first: MillraceError | undefined;
    for (const [task, enumerator] of this.byTask) {
      try {
        await enumerator.close();
      } catch (error) {
        first ??= this.failure(task, error);
      }
    }
    if (first !== undefined) throw first;
  }

  private create({ index, chain, parallelism }: Task, surroundings: EnumeratorSurroundings): void {
    const node = chain[0];
    if (node?.spec.kind !== 'source') return;
    const source: Source<unknown> = node.spec.source;
    const { reports } = this;
    this.names.set(index, node.name);
    const context: EnumeratorContext<unknown> = {
      ...surroundings,
      parallelism,
      // Copied on one thread as well, so that a source cannot come to depend on sharing a split with its reader.
      assign: (subtask, split) => {
        const problem = splitProblem(node.name, split, subtask, parallelism);
        if (problem === undefined) reports.assign(index, subtask, cloneValue(split));
        else reports.onFailed(problem);
      },
      noMoreSplits: (subtask) => {
        const problem = splitProblem(node.name, undefined, subtask, parallelism);
        if (problem === undefined) reports.noMoreSplits(index, subtask);
        else reports.onFailed(problem);
      },
      fail: (error) => reports.onFailed(this.failure(index, error)),
    };
    try {
      this.byTask.set(index, source.createEnumerator(context));
    } catch (error) {
      throw this.failure(index, error);
    }
  }

  private failure(task: number, error: unknown): MillraceError {
    return enumeratorFailure(this.names.get(task) ?? '', error);
  }
}
