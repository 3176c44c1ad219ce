import type { AccumulatorTable } from '../../state/typed-table.ts';
import type { AlignedAssigner, Span } from './layout.ts';
import type { Slice, SliceStore } from './slices.ts';

/** Tables to merge into an empty one. */
export interface MergeTask {
  readonly target: AccumulatorTable;
  readonly sources: readonly AccumulatorTable[];
}

/** What it takes to fire a window: merges to do first, in order, and then the tables that make up the window. */
export interface FiringPlan {
  readonly merges: readonly MergeTask[];
  readonly tables: readonly AccumulatorTable[];
}

/** Slides in a block, by level: a block of one level is made of those of the level below. */
const blockSlides: readonly number[] = [16, 256];
/** Windows of fewer slides than this are merged from their slices each time. */
const worthBlocks = 32;

/**
 * Windows of many slices overlap in most of them. Blocks of slices that lie together are merged once and used by every window
 * that includes them whole, so that a window of a thousand slices is made of some sixty tables. A block is given up when a
 * record comes to one of its slices.
 */
export class SliceBlocks {
  private readonly store: SliceStore;
  private readonly offsetMs: number;
  /** Length of blocks by level; none where windows have few slices. */
  private readonly lengthsMs: readonly number[];
  /** Merged blocks by level and start. */
  private readonly blocks: readonly Map<number, AccumulatorTable>[];

  constructor(store: SliceStore, { sizeMs, slideMs, offsetMs }: AlignedAssigner) {
    this.store = store;
    this.offsetMs = offsetMs;
    const isWorth = store.shared && sizeMs / slideMs >= worthBlocks;
    this.lengthsMs = isWorth ? blockSlides.map((slides) => slides * slideMs) : [];
    this.blocks = this.lengthsMs.map(() => new Map());
  }

  /** How to fire a window. Its merges must be done before the next plan, and before records come. */
  plan(window: Span): FiringPlan {
    const merges: MergeTask[] = [];
    const tables = this.cover(this.store.slicesIn(window), window, this.lengthsMs.length - 1, merges);
    return { merges, tables };
  }

  /** Records came to a slice: blocks that include it are not what they were. */
  touch(slice: Slice): void {
    this.blocks.forEach((blocks, level) => {
      if (blocks.size > 0) this.giveUp(blocks, this.startOf(slice.startMs, level));
    });
  }

  /** Gives up all blocks. */
  clear(): void {
    for (const blocks of this.blocks) for (const startMs of blocks.keys()) this.giveUp(blocks, startMs);
  }

  /** Gives up the blocks of which slices have been freed: no window includes them whole any more. */
  release(): void {
    const earliestMs = this.store.slices[0]?.startMs ?? Infinity;
    for (const blocks of this.blocks) {
      for (const startMs of blocks.keys()) if (startMs < earliestMs) this.giveUp(blocks, startMs);
    }
  }

  private giveUp(blocks: Map<number, AccumulatorTable>, startMs: number): void {
    blocks.get(startMs)?.free();
    blocks.delete(startMs);
  }

  /** The tables of a span: of blocks of at most this level that lie in it whole, and of single slices. */
  private cover(
    slices: readonly Slice[],
    span: Span,
    level: number,
    merges: MergeTask[],
  ): AccumulatorTable[] {
    if (level < 0) return slices.map((slice) => slice.table);
    const tables: AccumulatorTable[] = [];
    const lengthMs = this.lengthsMs[level]!;
    for (let from = 0; from < slices.length; ) {
      const startMs = this.startOf(slices[from]!.startMs, level);
      const block = { startMs, endMs: startMs + lengthMs };
      let to = from + 1;
      while (to < slices.length && slices[to]!.startMs < block.endMs) to++;
      const part = slices.slice(from, to);
      from = to;
      if (part.length === 1) tables.push(part[0]!.table);
      else if (startMs < span.startMs || block.endMs > span.endMs) {
        tables.push(...this.cover(part, span, level - 1, merges));
      } else tables.push(this.blockOf(part, block, level, merges));
    }
    return tables;
  }

  private blockOf(
    slices: readonly Slice[],
    block: Span,
    level: number,
    merges: MergeTask[],
  ): AccumulatorTable {
    const blocks = this.blocks[level]!;
    const known = blocks.get(block.startMs);
    if (known !== undefined) return known;
    const sources = this.cover(slices, block, level - 1, merges);
    if (sources.length === 1) return sources[0]!;
    const target = this.store.createTable();
    merges.push({ target, sources });
    blocks.set(block.startMs, target);
    return target;
  }

  private startOf(timeMs: number, level: number): number {
    const lengthMs = this.lengthsMs[level]!;
    return Math.floor((timeMs - this.offsetMs) / lengthMs) * lengthMs + this.offsetMs;
  }
}
