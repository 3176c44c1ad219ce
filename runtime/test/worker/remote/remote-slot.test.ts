import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../src/contract/errors.ts';
import { settle } from '../../../src/testing/settle.ts';
import { createTestSystem } from '../../../src/testing/test-system.ts';
import { HostedSlot } from '../../../src/worker/remote/hosted-slot.ts';
import { RemoteSlot } from '../../../src/worker/remote/remote-slot.ts';
import type { SlotReports } from '../../../src/worker/slot-handle.ts';
import { NotingSlot, sent } from './noting-slot.ts';

type AllReports = { readonly [Name in keyof SlotReports]-?: NonNullable<SlotReports[Name]> };

/** Both ends of a slot, joined by a link that carries values only. */
const joined = () => {
  const machine = createTestSystem();
  const slot = new NotingSlot();
  const heard: unknown[] = [];
  const note =
    (name: string) =>
    (...words: unknown[]): void =>
      void heard.push([name, ...words]);
  const reports: SlotReports = {
    requestSplit: note('requestSplit'),
    sendState: note('sendState'),
    onEnded: note('onEnded'),
    onAck: note('onAck'),
    onRefused: note('onRefused'),
    onFinished: note('onFinished'),
    onFailed: note('onFailed'),
  };
  let own: SlotReports | undefined;
  const remote = new RemoteSlot(2, (call) => hosted.obey(sent(call)), reports);
  const hosted = new HostedSlot(
    machine.system,
    (answer) => remote.accept(sent(answer)),
    (created) => {
      own = created;
      return slot;
    },
  );
  return { machine, slot, remote, hosted, heard, own: own as unknown as AllReports };
};

const routing = { version: 3, slotOf: Uint16Array.of(0, 1, 65_535) };
const state = { task: 1, link: 0, keyGroup: 7, version: 2, bytes: Uint8Array.of(1, 2) };

describe('a slot in another process', () => {
  it('is told everything as if it were here', () => {
    const { slot, remote } = joined();
    const beginning = {
      restore: { checkpointId: 4, sources: [], watermarks: [], isRerouted: false },
      checkpoint: { checkpointId: 4, objects: [], maxParallelism: 128 },
      slotOf: routing.slotOf,
      parallelism: new Map([['count', { before: 2, now: 3 }]]),
    };
    void remote.open(beginning);
    void remote.open();
    remote.start();
    remote.addSplit(3, { id: 'a', from: 7n });
    remote.noMoreSplits(3);
    remote.inject({ kind: 'barrier', id: 4 });
    remote.inject({ kind: 'barrier', id: 5, routing });
    remote.acceptState(state);
    remote.stop();
    remote.drain();
    remote.checkpointEnded(4, true);
    remote.release();
    expect(slot.told).toEqual([
      ['open', beginning],
      ['open', undefined],
      ['start'],
      ['addSplit', 3, { id: 'a', from: 7n }],
      ['noMoreSplits', 3],
      ['inject', { kind: 'barrier', id: 4 }],
      ['inject', { kind: 'barrier', id: 5, routing }],
      ['acceptState', state],
      ['stop'],
      ['drain'],
      ['checkpointEnded', 4, true],
      ['release'],
    ]);
  });

  it('tells everything as if it were here', () => {
    const { own, heard } = joined();
    const ack = {
      checkpointId: 4,
      slot: 2,
      sources: [],
      watermarks: [],
      sinks: [],
      subtasks: [],
      states: [],
      keyed: [],
      inFlight: [],
      objects: [],
    };
    own.requestSplit(3);
    own.sendState(1, state);
    own.onAck(ack);
    own.onRefused(5, new MillraceError('io', 'the store is full', { hint: 'Make room.' }));
    own.onEnded(true);
    own.onFinished(true);
    expect(heard).toEqual([
      ['requestSplit', 3],
      ['sendState', 1, state],
      ['onAck', ack],
      ['onRefused', 5, expect.objectContaining({ message: 'the store is full', hint: 'Make room.' })],
      ['onEnded', true],
      ['onFinished', true],
    ]);
  });

  it('is ready and opened when it says so', async () => {
    const { machine, slot, remote } = joined();
    slot.loading.resolve();
    await settle(machine);
    await remote.ready;
    const opened = remote.open();
    slot.opening.resolve();
    await opened;
  });

  it('is never ready when it says that it has failed, and speaks of that once', async () => {
    const { machine, slot, remote, heard, own } = joined();
    const error = new MillraceError('job-invalid', 'it built another graph');
    slot.loading.reject(error);
    own.onFailed(error);
    await settle(machine);
    await expect(remote.ready).rejects.toMatchObject({ message: 'it built another graph' });
    await remote.open();
    expect(heard).toEqual([['onFailed', expect.objectContaining({ code: 'job-invalid' })]]);
  });

  it('shows its newest counters, those of its end among them', () => {
    const { machine, slot, remote, own } = joined();
    expect(remote.report()).toEqual([]);
    slot.records = 5;
    machine.advance(500);
    expect(remote.report()).toEqual([{ task: 0, recordsIn: 5 }]);
    slot.records = 9;
    own.onFinished(true);
    expect(remote.report()).toEqual([{ task: 0, recordsIn: 9 }]);
    expect(machine.pendingTimers).toBe(0);
  });

  it('is cancelled when it says so, with what went wrong, and tells nothing else', async () => {
    const { remote, slot, own, heard } = joined();
    const cancelled = remote.cancel();
    own.requestSplit(1);
    remote.stop();
    slot.cancelling.reject(new Error('close() threw'));
    await expect(cancelled).rejects.toThrow('close() threw');
    await expect(remote.ready).rejects.toThrow('Slot 2 was cancelled before it was ready.');
    expect(slot.told).toEqual([['cancel']]);
    expect(heard).toEqual([]);
  });

  it('has failed when its worker is lost, and nobody waits for it', async () => {
    const { remote, heard } = joined();
    const cancelled = remote.cancel();
    remote.lost(new Error('the link is lost'));
    await cancelled;
    expect(heard).toEqual([]);
    const second = joined();
    const opened = second.remote.open();
    second.remote.lost(new Error('the link is lost'));
    await opened;
    expect(second.heard).toEqual([['onFailed', expect.objectContaining({ message: 'the link is lost' })]]);
    await expect(second.remote.ready).rejects.toThrow('the link is lost');
  });

  it('answers questions as if it were here, and none when it has ended', async () => {
    const { remote, slot, own } = joined();
    const question = { kind: 'state', transform: 'totals', state: 'sum', key: 7n } as const;
    const answered = remote.ask(question);
    slot.answer.resolve(Uint8Array.of(1, 2));
    expect(await answered).toEqual(Uint8Array.of(1, 2));
    expect(slot.told).toEqual([['ask', question]]);
    slot.answer = Promise.withResolvers();
    const refused = remote.ask(question);
    slot.answer.reject(new MillraceError('not-found', 'no such state'));
    await expect(refused).rejects.toMatchObject({ code: 'not-found' });
    slot.answer = Promise.withResolvers();
    const lost = remote.ask(question);
    own.onFailed(new Error('it failed'));
    await expect(lost).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('refuses what means nothing to it, at either end', () => {
    const { hosted, remote } = joined();
    expect(() => hosted.obey({ kind: 'dance' } as never)).toThrow('which means nothing here');
    expect(() => remote.accept({ kind: 'sing' } as never)).toThrow('which means nothing here');
  });
});
