import type { EnumeratorContext, Source, SplitEnumerator } from '../api/connectors.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface EnumeratorSurroundings {
  readonly system: System;
  readonly logger: Logger;
  readonly baseDirectory: string;
  assign(task: number, slot: number, split: unknown): void;
  noMoreSplits(task: number, slot: number): void;
  fail(error: unknown): void;
}

/** The enumerators of a job's sources, one a source task. */
export class Enumerators {
  private readonly byTask = new Map<number, SplitEnumerator<unknown, unknown>>();

  constructor(graph: PhysicalGraph, surroundings: EnumeratorSurroundings) {
    for (const task of graph.tasks) {
      const spec = task.chain[0]?.spec;
      if (spec?.kind !== 'source') continue;
      const source: Source<unknown> = spec.source;
      const context: EnumeratorContext<unknown> = {
        system: surroundings.system,
        logger: surroundings.logger,
        baseDirectory: surroundings.baseDirectory,
        parallelism: task.parallelism,
        assign: (subtask, split) => surroundings.assign(task.index, subtask, split),
        noMoreSplits: (subtask) => surroundings.noMoreSplits(task.index, subtask),
        fail: surroundings.fail,
      };
      this.byTask.set(task.index, source.createEnumerator(context));
    }
  }

  async start(): Promise<void> {
    for (const enumerator of this.byTask.values()) await enumerator.start();
  }

  requestSplit(task: number, slot: number): void {
    this.byTask.get(task)?.requestSplit(slot);
  }

  /** Closes every enumerator, also when one of them fails; the first failure is thrown at the end. */
  async close(): Promise<void> {
    let failure: unknown;
    for (const enumerator of this.byTask.values()) {
      try {
        await enumerator.close();
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }
}
