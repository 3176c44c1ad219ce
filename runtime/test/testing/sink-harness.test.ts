import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Collected, collect } from '../../src/connectors/collect/index.ts';
import { fileSink, type SealedPart } from '../../src/connectors/files/index.ts';
import { print } from '../../src/connectors/print/index.ts';
import type { Sink, TwoPhaseSink } from '../../src/index.ts';
import { createSinkHarness } from '../../src/testing/index.ts';

let baseDirectory = '';
beforeEach(() => {
  baseDirectory = mkdtempSync(join(tmpdir(), 'millrace-sink-'));
});
afterEach(() => rmSync(baseDirectory, { recursive: true, force: true }));

const visible = (): string[] =>
  readdirSync(join(baseDirectory, 'out')).filter((name) => !name.startsWith('.'));
const lines = (): string[] =>
  visible()
    .flatMap((name) =>
      readFileSync(join(baseDirectory, 'out', name), 'utf8')
        .trim()
        .split('\n'),
    )
    .sort();

const parts = () =>
  createSinkHarness<number, SealedPart>(fileSink({ directory: 'out', format: 'ndjson' }), { baseDirectory });

describe('a two-phase sink in its harness', () => {
  it('shows nothing before the commit, and everything after it, also when it is repeated', async () => {
    const harness = await parts();
    await harness.write([1, 2]);
    const first = await harness.prepare(1);
    await harness.write([3]);
    expect(visible()).toEqual([]);
    await harness.commit(first);
    expect(lines()).toEqual(['1', '2']);
    await harness.commit(first);
    const second = await harness.prepare(2);
    await harness.close();
    await harness.commit(second);
    expect(lines()).toEqual(['1', '2', '3']);
  });

  it('leaves nothing of what was given up', async () => {
    const harness = await parts();
    await harness.write([1]);
    await harness.abort(await harness.prepare(1));
    await harness.close();
    expect(readdirSync(join(baseDirectory, 'out'))).toEqual([]);
  });

  it('can be committed by another process, which has only the committables', async () => {
    const before = await parts();
    await before.write([1, 2, 3]);
    const committables = await before.prepare(1);
    await before.close();
    const after = await parts();
    await after.commit(committables);
    expect(lines()).toEqual(['1', '2', '3']);
  });

  it('must give committables that are plain values', async () => {
    const sink: TwoPhaseSink<number, unknown> = {
      kind: 'odd',
      delivery: 'exactly-once',
      createWriter: () => ({
        write: () => undefined,
        flush: () => undefined,
        close: () => undefined,
        prepare: () => Promise.resolve([() => 'a function']),
      }),
      createCommitter: () => ({ commit: () => Promise.resolve(), abort: () => Promise.resolve() }),
    };
    const harness = await createSinkHarness<number, unknown>(sink);
    await expect(harness.prepare(1)).rejects.toMatchObject({ code: 'value-unsupported' });
  });
});

describe('a sink in its harness', () => {
  it('writes batches, at intervals of the clock that the test moves, and at the end', async () => {
    const written: number[][] = [];
    let waiting: number[] = [];
    const sink: Sink<number> = {
      kind: 'every second',
      delivery: 'at-least-once',
      createWriter: ({ system }) => {
        const flush = (): void => void written.push(waiting.splice(0));
        const timer = system.timers.after(1000, flush);
        return {
          write: (batch) => void waiting.push(...(batch.rows() as number[])),
          flush,
          close: () => timer.cancel(),
        };
      },
    };
    const harness = await createSinkHarness(sink);
    await harness.write([1, 2]);
    await harness.advanceTime(999);
    expect(written).toEqual([]);
    await harness.advanceTime(1);
    expect(written).toEqual([[1, 2]]);
    await harness.write([3]);
    await harness.flush();
    await harness.close();
    expect(written).toEqual([[1, 2], [3]]);
    waiting = [];
  });

  it('prints to the machine of the test, and has room', async () => {
    const harness = await createSinkHarness(print());
    await harness.write([{ a: 1 }, 'b']);
    expect(harness.machine.printed).toBe('{"a":1}\nb\n');
    expect(harness.hasRoom).toBe(true);
  });

  it('gives timestamps to what it writes', async () => {
    const collected = new Collected<string>();
    const harness = await createSinkHarness(collect(collected));
    await harness.write(['a'], 5);
    await harness.commit(await harness.prepare(1));
    expect(collected.timestampsMs).toEqual([5]);
  });

  it('has no two phases unless it is made so, and says it', async () => {
    const harness = await createSinkHarness(print());
    await expect(harness.prepare(1)).rejects.toThrow('no two phases');
    await expect(harness.commit(['x' as never])).rejects.toThrow('no two phases');
  });

  it('throws what the sink reports from outside a call', async () => {
    const sink: Sink<number> = {
      kind: 'broken',
      delivery: 'none',
      createWriter: (context) => ({
        write: () => context.fail(new Error('the wire is cut')),
        flush: () => undefined,
        close: () => undefined,
      }),
    };
    const harness = await createSinkHarness(sink);
    await expect(harness.write([1])).rejects.toThrow('the wire is cut');
    expect(existsSync(join(baseDirectory, 'out'))).toBe(false);
  });
});
