import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import type { OpenFile } from '../../src/sys/files.ts';
import { SlotQuestions } from '../../src/task/slot-questions.ts';
import type { Subtask } from '../../src/task/subtask.ts';
import { settle } from '../../src/testing/settle.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';

/** A file in memory that notes that it was closed. */
const fileOf = (text: string, log: string[]): OpenFile =>
  ({
    read: (target: Uint8Array, offset: number, length: number, position: number) => {
      const part = new TextEncoder().encode(text).subarray(position, position + length);
      target.set(part, offset);
      return part.length;
    },
    close: () => void log.push('closed'),
  }) as unknown as OpenFile;

const processor = {
  peekState: (state: string, key: unknown, hash: number) => {
    if (state === 'large') return { found: true, value: 'x'.repeat(2 ** 20) };
    if (state !== 'sum' || hash !== hashValue(key)) return undefined;
    return key === 'ann' ? { found: true, value: 7n } : { found: false, value: undefined };
  },
  describeState: () => [{ name: 'sum', kind: 'value' }],
};

const created = () => {
  const machine = createTestSystem();
  const log: string[] = [];
  const profile = {
    stop: async () => '{"nodes":[]}',
    abandon: () => void log.push('abandoned'),
  };
  const system = {
    ...machine.system,
    inspection: { startCpuProfile: async () => profile, heapSnapshot: () => fileOf('heap', log) },
  };
  const links = [
    { name: 'totals', uid: 'totals', processor },
    { name: 'sink', uid: 'sink', processor: {} },
  ];
  const questions = new SlotQuestions(system, [{ links } as unknown as Subtask]);
  const text = async (question: Parameters<typeof questions.answer>[0]) =>
    new TextDecoder().decode(await questions.answer(question));
  const state = async (transform: string, name: string, key: unknown): Promise<unknown> =>
    JSON.parse(await text({ kind: 'state', transform, state: name, key }));
  return { machine, questions, log, text, state };
};

describe('a slot that is asked about state', () => {
  it('shows what a transform holds for a key, as JSON', async () => {
    const { state } = created();
    expect(await state('totals', 'sum', 'ann')).toEqual({
      found: true,
      value: { $: 'bigint', value: '7' },
    });
    expect(await state('totals', 'sum', 'bob')).toEqual({ found: false, value: null });
  });

  it('refuses states that are not there, transforms without any, and what is too much', async () => {
    const { state } = created();
    await expect(state('totals', 'count', 'ann')).rejects.toMatchObject({
      code: 'not-found',
      hint: 'It has sum.',
    });
    await expect(state('sink', 'sum', 'ann')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(state('totals', 'large', 'ann')).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('a slot that is asked for a profile or a heap snapshot', () => {
  it('profiles for as long as it is told, and gives the file piece by piece', async () => {
    const { machine, text } = created();
    const first = text({ kind: 'cpuProfile', id: 'a', durationMs: 500 });
    await settle(machine);
    machine.advance(500);
    expect(await first).toBe('{"nodes":[]}');
    expect(await text({ kind: 'more', id: 'a' })).toBe('');
  });

  it('takes one at a time', async () => {
    const { machine, text } = created();
    const first = text({ kind: 'cpuProfile', id: 'a', durationMs: 500 });
    await settle(machine);
    await expect(text({ kind: 'heapSnapshot', id: 'b' })).rejects.toMatchObject({ code: 'conflict' });
    machine.advance(500);
    await first;
    await expect(text({ kind: 'heapSnapshot', id: 'b' })).rejects.toMatchObject({ code: 'conflict' });
    await text({ kind: 'enough', id: 'a' });
    expect(await text({ kind: 'heapSnapshot', id: 'b' })).toBe('heap');
  });

  it('forgets one that nobody fetches, and never gives its rest out as that of another', async () => {
    const { machine, text, log } = created();
    await text({ kind: 'heapSnapshot', id: 'a' });
    machine.advance(30_000);
    expect(await text({ kind: 'heapSnapshot', id: 'b' })).toBe('heap');
    expect(log).toEqual(['closed']);
    await expect(text({ kind: 'more', id: 'a' })).rejects.toMatchObject({ code: 'conflict' });
    await text({ kind: 'enough', id: 'a' });
    expect(await text({ kind: 'more', id: 'b' })).toBe('');
  });

  it('leaves nothing behind when it ends meanwhile', async () => {
    const { machine, text, questions, log } = created();
    const asked = text({ kind: 'cpuProfile', id: 'a', durationMs: 500 });
    await settle(machine);
    questions.close();
    await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
    expect(log).toEqual(['abandoned']);
    expect(machine.pendingTimers).toBe(0);
  });
});
