import type { EnumeratorContext, Source, SplitEnumerator } from '../../api/connectors.ts';
import { MillraceError } from '../../contract/errors.ts';

/** A split of the source number `source`. `split` null: this source comes next; finish the one in hand, then ask again. */
export interface HybridSplit {
  readonly source: number;
  readonly split: unknown;
}

export interface HybridState {
  readonly source: number;
  /** Whether the source had begun; if not, `state` means nothing. */
  readonly begun: boolean;
  readonly state: unknown;
}

/**
 * Hands out the splits of one source after the other. When a source has no more for a subtask, the subtask is told to finish
 * and to ask again; when all have asked, the next source begins.
 */
export class HybridEnumerator implements SplitEnumerator<HybridSplit, HybridState> {
  private readonly sources: readonly Source<unknown>[];
  private readonly context: EnumeratorContext<HybridSplit>;
  private current: number;
  private enumerator: SplitEnumerator<unknown, unknown>;
  private begun = false;
  /** Subtasks that were told to finish the current source, and those that have. */
  private readonly told = new Set<number>();
  private readonly done = new Set<number>();
  private readonly closing: Promise<void>[] = [];

  constructor(
    sources: readonly Source<unknown>[],
    context: EnumeratorContext<HybridSplit>,
    restored: HybridState | undefined,
  ) {
    this.sources = sources;
    this.context = context;
    this.current = restored?.source ?? 0;
    this.enumerator = this.create(restored?.begun === true ? restored.state : undefined);
  }

  start(): void | Promise<void> {
    return this.begin([]);
  }

  requestSplit(subtask: number): void {
    if (!this.told.has(subtask)) {
      this.enumerator.requestSplit(subtask);
      return;
    }
    this.done.add(subtask);
    if (this.done.size === this.context.parallelism) this.switchOver();
  }

  addSplitsBack(splits: readonly HybridSplit[], subtask: number): void {
    this.enumerator.addSplitsBack(
      splits.map(({ split }) => split),
      subtask,
    );
  }

  /**
   * A split of a later source says that the ones before were read to their end. Who was told to finish, and who has, need not be known: a
   * reader that asks is told again, has nothing to finish, and asks once more.
   */
  alreadyAssigned(splits: readonly HybridSplit[]): void {
    const reached = splits.map(({ source, split }) => (split === null ? source - 1 : source));
    const newest = Math.max(this.current, ...reached);
    if (newest > this.current) {
      const closing = this.enumerator.close();
      if (closing !== undefined) this.closing.push(closing);
      this.current = newest;
      this.enumerator = this.create(undefined);
    }
    if (this.enumerator.alreadyAssigned === undefined) throw this.cannotFollow();
    this.enumerator.alreadyAssigned(
      splits.flatMap(({ source, split }) => (source === newest && split !== null ? [split] : [])),
    );
  }

  snapshot(): HybridState {
    const { current: source, begun } = this;
    return { source, begun, state: begun ? this.enumerator.snapshot() : null };
  }

  async close(): Promise<void> {
    await Promise.all(this.closing);
    await this.enumerator.close();
  }

  private cannotFollow(): MillraceError {
    const { kind } = this.sources[this.current] as Source<unknown>;
    return new MillraceError(
      'io',
      `The source number ${this.current + 1} of hybrid(), ${kind}, cannot go on where its readers are.`,
      {
        hint: 'Nothing is lost: the job goes on from its last checkpoint. An enumerator with `alreadyAssigned` is spared that.',
      },
    );
  }

  private create(restored: unknown): SplitEnumerator<unknown, unknown> {
    const number = this.current;
    const { context } = this;
    const inner: EnumeratorContext<unknown> = {
      ...context,
      assign: (subtask, split) => context.assign(subtask, { source: number, split }),
      noMoreSplits: (subtask) => {
        if (number === this.sources.length - 1) context.noMoreSplits(subtask);
        else {
          this.told.add(subtask);
          context.assign(subtask, { source: number + 1, split: null });
        }
      },
    };
    return (this.sources[number] as Source<unknown>).createEnumerator(inner, restored);
  }

  /** Starts the current source and then serves the subtasks that wait for it. */
  private begin(waiting: readonly number[]): void | Promise<void> {
    const serve = (): void => {
      this.begun = true;
      for (const subtask of waiting) this.enumerator.requestSplit(subtask);
    };
    const starting = this.enumerator.start();
    if (starting === undefined) serve();
    else return starting.then(serve);
  }

  private switchOver(): void {
    const waiting = [...this.done].sort((a, b) => a - b);
    this.told.clear();
    this.done.clear();
    this.begun = false;
    try {
      const closing = this.enumerator.close();
      if (closing !== undefined) this.closing.push(closing);
      this.current += 1;
      this.enumerator = this.create(undefined);
      this.begin(waiting)?.catch((error: unknown) => this.context.fail(error));
    } catch (error) {
      this.context.fail(error);
    }
  }
}
