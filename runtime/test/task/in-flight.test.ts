import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/batch/batch.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import { Chain } from '../../src/task/chain.ts';
import { ChainEmitter } from '../../src/task/chain-emitter.ts';
import type { EdgeOutput } from '../../src/task/edge-output.ts';
import type { KeyGroupMoves } from '../../src/task/key-group-moves.ts';
import { newStatistics } from '../../src/task/statistics.ts';
import { Subtask } from '../../src/task/subtask.ts';
import { createAsyncProcessor } from '../../src/transforms/async.ts';
import type { Processor, ProcessorContext } from '../../src/transforms/processor.ts';
import { settlePromises } from '../transforms/manual-system.ts';
import { batchOf, fakeContext } from '../transforms/support.ts';

/** A subtask of links that wait for answers, one behind another; what leaves it is noted as text. */
class Rig {
  readonly sent: string[] = [];
  readonly waiting = new Map<string, () => void>();
  readonly subtask: Subtask;
  private readonly input: StreamElement[] = [];

  constructor(linkCount: number, order: 'ordered' | 'unordered' = 'ordered') {
    const { machine } = fakeContext();
    let target = (batch: Batch): void => void this.sent.push(...batch.rows().map(String));
    const links = Array.from({ length: linkCount }, (_, i) => {
      const emitter = new ChainEmitter([target], false);
      const processor = this.link(linkCount - 1 - i, order, { ...fakeContext(), output: emitter });
      target = (batch) => processor.process(batch, 0);
      return { name: `link ${i}`, uid: `link ${i}`, processor, emitters: [emitter] };
    }).toReversed();
    const edge = {
      hasCredit: () => true,
      sendToAll: (element: StreamElement) =>
        void this.sent.push(element.kind === 'watermark' ? `w${element.timeMs}` : element.kind),
    } as unknown as EdgeOutput;
    this.subtask = new Subtask({
      task: 0,
      name: 'waits',
      uid: 'waits',
      slot: 0,
      clock: machine.system.clock,
      input: { port: 0, next: () => this.input.shift(), nextTimeMs: () => Infinity },
      chain: new Chain(links),
      outputs: [edge],
      statistics: newStatistics(),
      moves: { onBarrier: () => undefined, sendLeaving: () => undefined } as unknown as KeyGroupMoves,
      onEnd: () => undefined,
    });
  }

  give(...elements: readonly (StreamElement | string)[]): void {
    for (const element of elements) {
      this.input.push(typeof element === 'string' ? batchOf([{ value: element }]) : element);
    }
    this.run();
  }

  async answer(call: string): Promise<void> {
    this.waiting.get(call)?.();
    this.waiting.delete(call);
    await settlePromises();
    this.run();
  }

  private run(): void {
    while (this.subtask.step() === 'progress');
  }

  /** Calls are known as `value@link`. */
  private link(link: number, order: 'ordered' | 'unordered', context: ProcessorContext): Processor {
    const call = (value: unknown): Promise<readonly unknown[]> =>
      new Promise((resolve) => this.waiting.set(`${String(value)}@${link}`, () => resolve([value])));
    return createAsyncProcessor(
      {
        kind: 'async',
        async: { function: { call }, order, capacity: 100, timeoutMs: 0, retries: 0, backoffMs: 0 },
      },
      context,
    );
  }
}

const watermark = (timeMs: number): StreamElement => ({ kind: 'watermark', timeMs });
const end: StreamElement = { kind: 'end', drained: true };
const stopped: StreamElement = { kind: 'end', drained: false };
const idle: StreamElement = { kind: 'idle' };
const barrier = { kind: 'barrier' } as StreamElement;

describe('a subtask whose records wait for answers', () => {
  it('takes further input while watermarks stand behind records in flight', async () => {
    const rig = new Rig(1);
    rig.give('a', watermark(1), 'b', watermark(2), 'c');
    expect([...rig.waiting.keys()]).toEqual(['a@0', 'b@0', 'c@0']);
    expect(rig.sent).toEqual([]);
    await rig.answer('c@0');
    await rig.answer('b@0');
    expect(rig.sent).toEqual([]);
    await rig.answer('a@0');
    expect(rig.sent).toEqual(['a', 'w1', 'b', 'w2', 'c']);
  });

  it('lets a barrier pass at once, for what is in flight is state', () => {
    const rig = new Rig(1);
    rig.give('a', watermark(1), barrier);
    expect(rig.sent).toEqual(['barrier']);
  });

  it('goes idle only when nothing is in flight any more', async () => {
    const rig = new Rig(1);
    rig.give('a', watermark(1), idle);
    expect(rig.sent).toEqual([]);
    await rig.answer('a@0');
    expect(rig.sent).toEqual(['a', 'w1', 'idle']);
  });

  it('ends behind everything in flight, watermarks included', async () => {
    const rig = new Rig(1);
    rig.give('a', watermark(1), 'b', watermark(Infinity), end);
    await rig.answer('b@0');
    expect(rig.subtask.ended).toBe(false);
    await rig.answer('a@0');
    expect(rig.sent).toEqual(['a', 'w1', 'b', 'wInfinity', 'end']);
    expect(rig.subtask.ended).toBe(true);
  });

  it('finishes records in flight when it is stopped, and makes no watermark up', async () => {
    const rig = new Rig(2);
    rig.give('a', stopped);
    await rig.answer('a@0');
    expect(rig.sent).toEqual([]);
    await rig.answer('a@1');
    expect(rig.sent).toEqual(['a', 'end']);
  });

  it('keeps the order over several links', async () => {
    const rig = new Rig(2);
    rig.give('a', watermark(1), 'b', watermark(Infinity), end);
    await rig.answer('b@0');
    await rig.answer('a@0');
    expect([...rig.waiting.keys()]).toEqual(['a@1', 'b@1']);
    await rig.answer('b@1');
    expect(rig.sent).toEqual([]);
    await rig.answer('a@1');
    expect(rig.sent).toEqual(['a', 'w1', 'b', 'wInfinity', 'end']);
  });

  it.each(['ordered', 'unordered'] as const)(
    'sends every record on its side of every watermark, in whatever order answers come (%s)',
    async (order) => {
      const elements = fc.array(fc.oneof(fc.constant('record'), fc.constant('watermark')), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(
          elements,
          fc.integer({ min: 1, max: 3 }),
          fc.infiniteStream(fc.nat(100)),
          async (kinds, linkCount, picks) => {
            const rig = new Rig(linkCount, order);
            kinds.forEach((kind, i) => {
              rig.give(kind === 'record' ? `r${i}` : watermark(i));
            });
            rig.give(watermark(Infinity), end);
            while (rig.waiting.size > 0) {
              const calls = [...rig.waiting.keys()];
              await rig.answer(calls[(picks.next().value as number) % calls.length] as string);
            }
            expect(rig.subtask.ended).toBe(true);
            expect(rig.sent.slice(-2)).toEqual(['wInfinity', 'end']);
            const records = kinds.flatMap((kind, i) => (kind === 'record' ? [i] : []));
            const sentRecords = rig.sent
              .filter((text) => text.startsWith('r'))
              .map((text) => Number(text.slice(1)));
            expect(sentRecords.toSorted((a, b) => a - b)).toEqual(records);
            if (order === 'ordered') expect(sentRecords).toEqual(records);
            rig.sent.forEach((text, at) => {
              if (!text.startsWith('w')) return;
              const before = rig.sent.slice(0, at).filter((one) => one.startsWith('r'));
              expect(before).toHaveLength(records.filter((i) => i < Number(text.slice(1))).length);
            });
          },
        ),
        { numRuns: 60 },
      );
    },
  );
});
