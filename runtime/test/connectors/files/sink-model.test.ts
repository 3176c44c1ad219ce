import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SinkWriter } from '../../../src/api/connectors.ts';
import { type FileSinkOptions, fileSink } from '../../../src/connectors/files/index.ts';
import { openWriter, rowBatch } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

interface Item {
  readonly n: number;
  readonly kind: string;
}

const rollIntervalMs = 1000;

/** Everything that may happen to a file sink, and what must be true of what a reader of its directory sees. */
class Story {
  private readonly test = new TestSystem();
  private readonly options: FileSinkOptions;
  private readonly rollRecords: number;
  private writer: SinkWriter | undefined;
  private attempt = 0;
  private next = 0;
  /** The records of which the sink has said, by flush or by time, that they are visible. */
  private readonly promised = new Set<number>();
  /** Written by the writer in hand, with the time. */
  private written: { readonly n: number; readonly atMs: number }[] = [];
  /** The content of every part that was ever visible. */
  private readonly seen = new Map<string, string>();

  constructor(rollRecords: number, partitioned: boolean) {
    this.rollRecords = rollRecords;
    this.options = {
      directory: 'out',
      format: 'ndjson',
      roll: { records: rollRecords, interval: rollIntervalMs },
      ...(partitioned ? { partitionBy: 'kind' } : {}),
    };
  }

  async open(): Promise<void> {
    this.writer = await openWriter(fileSink<Item>(this.options), this.test, { attempt: ++this.attempt });
    this.written = [];
  }

  write(kinds: readonly string[]): void {
    const items = kinds.map((kind) => ({ n: this.next++, kind }));
    this.writer?.write(rowBatch(items));
    for (const { n } of items) this.written.push({ n, atMs: this.nowMs() });
  }

  async flush(): Promise<void> {
    await this.writer?.flush();
    for (const { n } of this.written) this.promised.add(n);
  }

  pass(byMs: number): void {
    this.test.manual.advance(byMs);
    for (const { n, atMs } of this.written) if (this.nowMs() - atMs >= rollIntervalMs) this.promised.add(n);
  }

  /** What was not flushed is lost; a real job would write it again. */
  async restart(): Promise<void> {
    await this.writer?.close();
    expect(this.test.files.openCount).toBe(0);
    expect(this.test.manual.pendingTimers).toBe(0);
    await this.open();
  }

  async end(): Promise<void> {
    await this.flush();
    await this.writer?.close();
    this.check();
    expect(this.test.files.paths().filter((path) => path.includes('inprogress'))).toEqual([]);
  }

  check(): void {
    const visible = this.visible();
    for (const [path, content] of this.seen) expect(visible.get(path)).toBe(content);
    const found = new Map<number, string>();
    for (const [path, content] of visible) {
      this.seen.set(path, content);
      const lines = content.split('\n').slice(0, -1);
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(this.rollRecords);
      const items = lines.map((line) => JSON.parse(line) as Item);
      expect(items).toEqual([...items].sort((a, b) => a.n - b.n));
      for (const { n, kind } of items) {
        expect(found.has(n)).toBe(false);
        found.set(n, path);
        if (this.options.partitionBy !== undefined) expect(path).toContain(`/kind=${kind}/`);
      }
    }
    for (const n of this.promised) expect(found.has(n)).toBe(true);
  }

  private nowMs(): number {
    return this.test.system.clock.monotonicMs();
  }

  private visible(): Map<string, string> {
    const paths = this.test.files.paths().filter((path) => !path.includes('/.'));
    return new Map(paths.map((path) => [path, this.test.files.readText(path)]));
  }
}

type Step =
  | { readonly do: 'write'; readonly kinds: readonly string[] }
  | { readonly do: 'flush' }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 9 })
      .map((kinds): Step => ({ do: 'write', kinds })),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'flush' }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 1500 }).map((ms): Step => ({ do: 'pass', ms })) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'restart' }) },
);

describe('the directory of a file sink', () => {
  it.each([
    ['one directory', false],
    ['partitions', true],
  ])(
    'shows whole parts that never change, each record once, and all that was flushed or is old enough: %s',
    async (_name, partitioned) => {
      const property = fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        async (steps, rollRecords) => {
          const story = new Story(rollRecords, partitioned);
          await story.open();
          for (const action of steps) {
            if (action.do === 'write') story.write(action.kinds);
            else if (action.do === 'flush') await story.flush();
            else if (action.do === 'pass') story.pass(action.ms);
            else await story.restart();
            story.check();
          }
          await story.end();
        },
      );
      await fc.assert(property, { numRuns: 120, seed: 31 });
    },
  );
});
