import type { PollResult, Source, SourceReader, SourceReaderContext } from '../../api/connectors.ts';
import type { HybridSplit } from './enumerator.ts';

/** Reads the splits of the source in turn with a reader of that source, which is made when its first split comes. */
export class HybridReader implements SourceReader<HybridSplit> {
  private readonly sources: readonly Source<unknown>[];
  private readonly context: SourceReaderContext<unknown>;
  private reader: SourceReader<unknown> | undefined;
  /** The number of the source that `reader` reads. */
  private current = 0;
  private opening: Promise<void> | undefined;
  private readonly closing: Promise<void>[] = [];
  private readonly inbox: HybridSplit[] = [];
  /** Nothing more of the source in hand will come. */
  private finishing = false;
  /** Nothing more of any source will come. */
  private complete = false;
  /** A request is under way: the enumerator counts them, so there is never a second one. */
  private asked = false;
  private askAgain = false;

  constructor(sources: readonly Source<unknown>[], context: SourceReaderContext<unknown>) {
    this.sources = sources;
    this.context = context;
  }

  addSplit(split: HybridSplit): void {
    const again = this.askAgain;
    this.asked = false;
    this.askAgain = false;
    if (split.split === null) this.finishing = true;
    else {
      this.inbox.push(split);
      if (again) this.ask();
    }
  }

  noMoreSplits(): void {
    this.complete = true;
  }

  poll(): PollResult {
    if (this.opening !== undefined) return 'waiting';
    if (this.reader === undefined && !this.createReader()) return this.pollWithout();
    if (this.opening !== undefined) return 'waiting';
    return this.pollReader(this.reader as unknown as SourceReader<unknown>);
  }

  snapshot(): readonly HybridSplit[] {
    const held = this.reader?.snapshot() ?? [];
    return [...held.map((split) => ({ source: this.current, split })), ...this.inbox];
  }

  async close(): Promise<void> {
    await this.opening;
    await Promise.all(this.closing);
    await this.reader?.close();
  }

  /** Without a split there is no reader: ask, which also says that the source before has been finished. */
  private pollWithout(): PollResult {
    if (this.complete) return 'end';
    this.finishing = false;
    this.ask();
    return 'waiting';
  }

  private pollReader(reader: SourceReader<unknown>): PollResult {
    for (const { split } of this.inbox.splice(0)) reader.addSplit(split);
    if (this.finishing || this.complete) reader.noMoreSplits();
    const result = reader.poll();
    if (result !== 'end') return result;
    const closing = reader.close();
    if (closing !== undefined) this.closing.push(closing);
    this.reader = undefined;
    return 'more';
  }

  private createReader(): boolean {
    const first = this.inbox[0];
    if (first === undefined) return false;
    this.current = first.source;
    const source = this.sources[first.source] as Source<unknown>;
    const { context } = this;
    this.reader = source.createReader({
      ...context,
      wake: () => context.wake(),
      requestSplit: () => this.ask(),
      split: (splitId) => context.split(`${first.source}:${splitId}`),
    });
    const opening = this.reader.open?.();
    if (opening !== undefined) this.opening = this.waitFor(opening);
    return true;
  }

  private async waitFor(opening: Promise<void>): Promise<void> {
    try {
      await opening;
    } catch (error) {
      this.context.fail(error);
    }
    this.opening = undefined;
    this.context.wake();
  }

  private ask(): void {
    if (this.asked) this.askAgain = true;
    else {
      this.asked = true;
      this.context.requestSplit();
    }
  }
}
