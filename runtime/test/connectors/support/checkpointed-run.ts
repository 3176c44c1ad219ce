import type { TwoPhaseSink, TwoPhaseSinkWriter } from '../../../src/api/connectors.ts';
import { cloneValue } from '../../../src/batch/values.ts';
import { CrashPoints, crashingSystem } from './crash-points.ts';
import { rowBatch, sinkContext } from './sink-run.ts';
import type { TestSystem } from './test-system.ts';

/** A checkpoint that is in the log: how many records it has behind it, and what is to be committed. */
interface Logged<C> {
  readonly position: number;
  readonly committables: readonly C[];
}

/** One step of a job that writes the numbers from 0 on, as `{ id }`. */
export type RunStep =
  | { readonly do: 'write'; readonly count: number }
  /** `logged`: the checkpoint gets into the log; else it fails, and what it prepared goes with the next one. */
  | { readonly do: 'checkpoint'; readonly logged: boolean };

/**
 * What the runtime does with a two-phase sink, over any number of processes, each of which may end at any call that changes the
 * world. The log outlives them; a checkpoint and what is known to be committed are each one call.
 */
export class CheckpointedRun<C> {
  private readonly sink: TwoPhaseSink<{ readonly id: number }, C>;
  private readonly test: TestSystem;
  private readonly baseDirectory: string;
  private readonly log: Logged<C>[] = [];
  /** Checkpoints of the log of which it says that they are committed. */
  private committed = 0;
  private attempt = 0;

  constructor(
    sink: TwoPhaseSink<{ readonly id: number }, C>,
    test: TestSystem,
    baseDirectory: string = '/base',
  ) {
    this.sink = sink;
    this.test = test;
    this.baseDirectory = baseDirectory;
  }

  /** The records that are behind the newest checkpoint. */
  get position(): number {
    return this.log.at(-1)?.position ?? 0;
  }

  /**
   * One attempt: goes on where the log ends, takes these steps, and a last checkpoint.
   * @throws when the process ends where the points say.
   */
  async live(
    steps: readonly RunStep[],
    parallelism: number,
    points: CrashPoints = new CrashPoints(),
  ): Promise<void> {
    const attempt = ++this.attempt;
    const system = crashingSystem(this.test.system, points);
    const failures: unknown[] = [];
    const contextOf = (subtask: number) => ({
      ...sinkContext(
        this.test,
        { subtask, parallelism, attempt, checkpoints: true, baseDirectory: this.baseDirectory },
        { wakes: 0, failures },
      ),
      system,
    });
    const committer = this.sink.createCommitter(contextOf(0));
    const commitAll = async (): Promise<void> => {
      while (this.committed < this.log.length) {
        for (const committable of this.log[this.committed]?.committables ?? [])
          await committer.commit(committable);
        points.call(() => {
          this.committed++;
        });
      }
    };
    await commitAll();
    await committer.abortOlder?.(attempt);
    const writers: TwoPhaseSinkWriter<C>[] = [];
    for (let subtask = 0; subtask < parallelism; subtask++) {
      writers.push(await this.sink.createWriter(contextOf(subtask)));
    }
    let next = this.position;
    let carried: readonly C[] = [];
    for (const step of [...steps, { do: 'checkpoint', logged: true } as const]) {
      if (step.do === 'write') {
        for (const end = next + step.count; next < end; next++)
          writers[next % parallelism]?.write(rowBatch([{ id: next }]));
        continue;
      }
      const prepared = await Promise.all(writers.map((writer) => writer.prepare(this.log.length + 1)));
      carried = [...carried, ...prepared.flat().map(cloneValue)];
      if (!step.logged) continue;
      const logged = { position: next, committables: carried };
      points.call(() => void this.log.push(logged));
      carried = [];
      await commitAll();
    }
    for (const writer of writers) await writer.close();
    await committer.close?.();
    if (failures.length > 0) throw failures[0];
  }
}

/** Lives on, attempt after attempt, until one ends by itself; the process of each ends where its points say. */
export const liveThrough = async <C>(
  run: CheckpointedRun<C>,
  attempts: readonly {
    readonly steps: readonly RunStep[];
    readonly parallelism: number;
    readonly points: CrashPoints;
  }[],
): Promise<void> => {
  for (const { steps, parallelism, points } of attempts) {
    try {
      await run.live(steps, parallelism, points);
    } catch (error) {
      // The connector may say in its own words what became of its calls.
      if (!points.over) throw error;
    }
  }
};
