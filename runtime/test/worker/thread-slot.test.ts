import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../src/contract/errors.ts';
import type { MemoryBudget } from '../../src/contract/memory-budget.ts';
import { heapRanOut } from '../../src/sys/threads.ts';
import type { DeadLetter } from '../../src/task/failures.ts';
import { MetricGroup } from '../../src/telemetry/metrics.ts';
import type { SubtaskReport } from '../../src/worker/slot-handle.ts';
import type { SlotThreadData } from '../../src/worker/slot-messages.ts';
import { startThreadSlot } from '../../src/worker/thread-slot.ts';
import { keptLog } from '../coordinator/frozen-job.ts';
import { FakeThread } from './fake-thread.ts';

const budget: MemoryBudget = {
  heapMiB: 100,
  youngGenerationMiB: 24,
  typedStateBytes: 1,
  channelBytes: 1,
  batchBytes: 1,
};

const start = (memory?: MemoryBudget) => {
  const fake = new FakeThread();
  const heard: unknown[] = [];
  const letters: DeadLetter[] = [];
  const slot = startThreadSlot({
    onListening: (port) => void heard.push(['listening', port]),
    system: fake.system,
    logger: keptLog().logger,
    deadLetters: (letter) => void letters.push(letter),
    data: { slot: 2, memory } as SlotThreadData,
    reports: {
      requestSplit: (task) => void heard.push(['requestSplit', task]),
      sendState: (toSlot, state) => void heard.push(['sendState', toSlot, state]),
      onFinished: (drained) => void heard.push(['finished', drained]),
      onFailed: (error) => void heard.push(['failed', (error as MillraceError).message]),
    },
  });
  return { fake, slot, heard, letters };
};

const limitsOf = ({ spawned }: FakeThread): unknown => (spawned[0] as { readonly limits: unknown }).limits;

describe('a slot on a thread of its own', () => {
  it('gets a heap, and a young generation, of the size that its budget says', () => {
    expect(limitsOf(start(budget).fake)).toEqual({ heapMiB: 100, initialHeapMiB: 50, youngMiB: 24 });
    expect(limitsOf(start({ ...budget, heapMiB: 4000 }).fake)).toMatchObject({ initialHeapMiB: 256 });
    expect(limitsOf(start().fake)).toEqual({ heapMiB: undefined, initialHeapMiB: 256, youngMiB: 128 });
  });

  it('is told everything by a message', () => {
    const { fake, slot } = start();
    fake.say({ kind: 'ready' });
    const state = { task: 1, keyGroup: 7, parts: [] } as never;
    slot.start();
    slot.addSplit(3, { id: 'a' });
    slot.noMoreSplits(3);
    slot.inject({ kind: 'barrier', id: 4 });
    slot.acceptState(state);
    slot.stop();
    slot.drain();
    expect(fake.posted).toEqual([
      { kind: 'start' },
      { kind: 'addSplit', task: 3, split: { id: 'a' } },
      { kind: 'noMoreSplits', task: 3 },
      { kind: 'inject', barrier: { kind: 'barrier', id: 4 } },
      { kind: 'state', state },
      { kind: 'stop' },
      { kind: 'drain' },
    ]);
  });

  it('says where it listens, and is ready when it has found the others', async () => {
    const { fake, slot, heard } = start();
    fake.say({ kind: 'listening', port: 4000 });
    expect(heard).toEqual([['listening', 4000]]);
    const peers = [{ slot: 1, host: 'there', port: 5000 }];
    slot.connect(peers);
    expect(fake.posted).toEqual([{ kind: 'connect', peers }]);
    fake.say({ kind: 'ready' });
    await slot.ready;
  });

  it('passes on what its thread asks for and gives', () => {
    const { fake, heard, letters } = start();
    const letter = { transform: 'map', reason: 'no', where: '', record: 1, timestampMs: null };
    fake.say({ kind: 'requestSplit', task: 5 });
    fake.say({ kind: 'state', toSlot: 1, state: { task: 0 } });
    fake.say({ kind: 'deadLetter', letter });
    expect(heard).toEqual([
      ['requestSplit', 5],
      ['sendState', 1, { task: 0 }],
    ]);
    expect(letters).toEqual([letter]);
  });

  it('shows the last report, and nothing before the first', () => {
    const { fake, slot } = start();
    expect(slot.report()).toEqual([]);
    expect(slot.metrics()).toEqual(new MetricGroup().snapshot());
    const report = [{ task: 0, slot: 2, recordsIn: 9 }] as unknown as SubtaskReport[];
    const metrics = { ...new MetricGroup().snapshot(), groups: {} };
    fake.say({ kind: 'report', report, metrics });
    expect(slot.report()).toEqual(report);
    expect(slot.metrics()).toEqual(metrics);
  });

  it('is silent after it has finished, whatever becomes of its thread', () => {
    const { fake, slot, heard } = start();
    fake.say({ kind: 'ready' });
    fake.say({ kind: 'finished', drained: true });
    fake.exit();
    slot.stop();
    expect(heard).toEqual([['finished', true]]);
    expect(fake.posted).toEqual([]);
  });

  it('says of a heap that ran out which it was, and what to do', async () => {
    const { fake, slot, heard } = start(budget);
    fake.exit(heapRanOut);
    const message = 'The heap of 100 MiB of slot 2 ran out, and its thread was ended.';
    expect(heard).toEqual([['failed', message]]);
    await expect(slot.ready).rejects.toMatchObject({
      code: 'resource',
      message,
      hint: expect.stringContaining('Raise spec.resources.memory') as unknown,
    });
  });

  it('says of a thread that the job has ended that it must not', async () => {
    const { fake, slot } = start();
    fake.exit('it exited with code 3');
    await expect(slot.ready).rejects.toMatchObject({
      message: 'The thread of slot 2 ended: it exited with code 3.',
      hint: 'User code must not call process.exit.',
    });
  });

  it('is told to cancel, and gone when its thread is', async () => {
    const { fake, slot, heard } = start();
    fake.say({ kind: 'ready' });
    const cancelled = slot.cancel();
    expect(fake.posted).toEqual([{ kind: 'cancel' }]);
    fake.exit();
    await cancelled;
    expect(heard).toEqual([]);
  });
});
