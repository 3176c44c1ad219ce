import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SinkWriter } from '../../../src/api/connectors.ts';
import { type SqliteGuard, sqliteSink } from '../../../src/connectors/sqlite/index.ts';
import { columnBatch, openWriter, rowBatch } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

interface Version {
  readonly id: number;
  readonly version: number;
  readonly text: string;
}

type Step =
  | {
      readonly do: 'write';
      readonly writer: number;
      readonly rows: readonly Version[];
      readonly asColumns: boolean;
    }
  | { readonly do: 'flush' | 'crash'; readonly writer: number }
  /** So long that every timer fires. */
  | { readonly do: 'pass' };

const flushRecords = 5;
const flushIntervalMs = 1000;

/** A writer and what the model knows of it. */
interface Hand {
  readonly writer: SinkWriter;
  readonly attempt: number;
  /** Written and, for all the model knows, not in the table. */
  waiting: Version[];
  /** When its timer was set, as a number that grows; 0 = there is none. */
  timer: number;
}

/** Two subtasks with attempts of their own write to one table; a Map is the table as it must be. */
class Story {
  private readonly test = new TestSystem();
  private readonly directory = mkdtempSync(join(tmpdir(), 'millrace-'));
  private readonly guard: SqliteGuard | undefined;
  private readonly hands: Hand[] = [];
  private readonly table = new Map<number, { readonly row: Version; readonly attempt: number }>();
  private attempts = 0;
  private timers = 0;

  constructor(guard: SqliteGuard | undefined) {
    this.guard = guard;
  }

  async open(): Promise<void> {
    for (const number of [0, 1]) this.hands[number] = await this.newHand();
  }

  async play(step: Step): Promise<void> {
    if (step.do === 'pass') {
      this.test.manual.advance(flushIntervalMs);
      const due = this.hands.filter(({ timer }) => timer > 0).sort((a, b) => a.timer - b.timer);
      for (const hand of due) {
        this.apply(hand);
        hand.timer = 0;
      }
      return;
    }
    const hand = this.hands[step.writer] as Hand;
    if (step.do === 'write') this.write(hand, step.rows, step.asColumns);
    else if (step.do === 'flush') {
      await hand.writer.flush();
      this.apply(hand);
    } else {
      await hand.writer.close();
      this.hands[step.writer] = await this.newHand();
    }
  }

  async end(): Promise<void> {
    for (const hand of this.hands) {
      await hand.writer.flush();
      this.apply(hand);
      await hand.writer.close();
    }
    this.check();
    expect(this.test.manual.pendingTimers).toBe(0);
    rmSync(this.directory, { recursive: true });
  }

  check(): void {
    const database = new DatabaseSync(join(this.directory, 'data.db'));
    try {
      const there = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'versions'").all().length > 0;
      const rows = there ? database.prepare('SELECT id, version, text FROM versions ORDER BY id').all() : [];
      const expected = [...this.table.values()].map(({ row }) => row).sort((a, b) => a.id - b.id);
      expect(rows.map((row) => ({ ...row }))).toEqual(expected);
    } finally {
      database.close();
    }
  }

  private async newHand(): Promise<Hand> {
    const sink = sqliteSink<Version>({
      file: 'data.db',
      table: 'versions',
      key: ['id'],
      flush: { records: flushRecords, interval: flushIntervalMs },
      ...(this.guard === undefined ? {} : { guard: this.guard }),
    });
    const attempt = ++this.attempts;
    const writer = await openWriter(sink, this.test, { baseDirectory: this.directory, attempt });
    return { writer, attempt, waiting: [], timer: 0 };
  }

  private write(hand: Hand, rows: readonly Version[], asColumns: boolean): void {
    hand.writer.write(asColumns ? columnBatch(rows) : rowBatch(rows));
    const replaces = this.guard === undefined || 'attempt' in this.guard;
    for (const row of rows) {
      // Of one key only the last in a transaction is written, unless the guard must compare them.
      if (replaces) hand.waiting = hand.waiting.filter(({ id }) => id !== row.id);
      hand.waiting.push(row);
      if (hand.waiting.length >= flushRecords) this.apply(hand);
    }
    if (hand.waiting.length > 0 && hand.timer === 0) hand.timer = ++this.timers;
  }

  private apply(hand: Hand): void {
    for (const row of hand.waiting) {
      const there = this.table.get(row.id);
      if (there === undefined || this.mayReplace(there, row, hand.attempt)) {
        this.table.set(row.id, { row, attempt: hand.attempt });
      }
    }
    hand.waiting = [];
  }

  private mayReplace(there: { row: Version; attempt: number }, row: Version, attempt: number): boolean {
    if (this.guard === undefined) return true;
    return 'attempt' in this.guard ? attempt >= there.attempt : row.version >= there.row.version;
  }
}

const version = fc.record({ id: fc.nat(5), version: fc.nat(9), text: fc.string({ maxLength: 4 }) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      writer: fc.nat(1),
      rows: fc.array(version, { minLength: 1, maxLength: 8 }),
      asColumns: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const), writer: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), writer: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'pass' }) },
);

describe('a table that two writers write, over writing, flushing, waiting and starting anew', () => {
  it.each<[string, SqliteGuard | undefined]>([
    ['without a guard', undefined],
    ['guarded by a version', { field: 'version' }],
    ['guarded by the attempt', { attempt: 'writtenBy' }],
  ])('is what a map under the same rules is, %s', async (_name, guard) => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const story = new Story(guard);
      await story.open();
      for (const action of steps) {
        await story.play(action);
        story.check();
      }
      await story.end();
    });
    await fc.assert(property, { numRuns: 12, seed: 51 });
  });
});
