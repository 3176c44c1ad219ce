import { describe, expect, it } from 'vitest';
import type { AsyncFunction } from '../../src/api/async.ts';
import { give, Outside, rig, settings } from './async-rig.ts';
import { fakeContext } from './support.ts';

describe('time-outs', () => {
  it('fails the record and aborts its signal', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside), fakeContext({ policy: 'drop' }));
    give(processor, 'a', 'b');
    await outside.answer('b');
    context.machine.advance(999);
    expect(outside.calls[0]?.signal.aborted).toBe(false);
    context.machine.advance(1);
    settle();
    expect(outside.calls[0]?.signal.aborted).toBe(true);
    expect(context.failed.map(({ record }) => record)).toEqual(['a']);
    expect(String(context.failed[0]?.error)).toContain('1000 ms');
    expect(context.main.values).toEqual(['b!']);
  });

  it('takes the results of onTimeout instead', () => {
    const outside: AsyncFunction<unknown, unknown> = {
      call: () => new Promise(() => undefined),
      onTimeout: (value) => [`${String(value)}?`],
    };
    const { context, processor, settle } = rig(settings(outside));
    give(processor, 'a');
    context.machine.advance(1000);
    settle();
    expect(context.main.values).toEqual(['a?']);
  });

  it('fails the record when onTimeout throws', () => {
    const outside: AsyncFunction<unknown, unknown> = {
      call: () => new Promise(() => undefined),
      onTimeout: () => {
        throw new Error('worse');
      },
    };
    const { context, processor, settle } = rig(settings(outside), fakeContext({ policy: 'drop' }));
    give(processor, 'a');
    context.machine.advance(1000);
    settle();
    expect(String(context.failed[0]?.error)).toContain('worse');
  });

  it('counts from the start of the call and not while it waits for its turn', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside, { capacity: 1 }));
    give(processor, 'a', 'b');
    context.machine.advance(900);
    await outside.answer('a');
    context.machine.advance(900);
    await outside.answer('b');
    settle();
    expect(context.main.values).toEqual(['a!', 'b!']);
  });

  it('ignores an answer that comes after the time-out', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside), fakeContext({ policy: 'drop' }));
    give(processor, 'a');
    context.machine.advance(1000);
    await outside.answer('a');
    settle();
    expect(context.main.values).toEqual([]);
    expect(context.failed).toHaveLength(1);
  });

  it('leaves no timer behind when a call has ended', async () => {
    const outside = new Outside();
    const { context, processor } = rig(settings(outside));
    give(processor, 'a');
    expect(context.machine.pendingTimers).toBe(1);
    await outside.answer('a');
    expect(context.machine.pendingTimers).toBe(0);
  });

  it('waits as long as it takes when the time-out is 0', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside, { timeoutMs: 0 }));
    give(processor, 'a');
    context.machine.advance(1_000_000_000);
    await outside.answer('a');
    settle();
    expect(context.main.values).toEqual(['a!']);
  });
});

describe('retries', () => {
  it('tries again after a back-off that doubles', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside, { retries: 2, backoffMs: 100 }));
    give(processor, 'a');
    await outside.refuse('a');
    context.machine.advance(99);
    expect(outside.calls).toHaveLength(1);
    context.machine.advance(1);
    expect(outside.calls).toHaveLength(2);
    await outside.refuse('a');
    context.machine.advance(199);
    expect(outside.calls).toHaveLength(2);
    context.machine.advance(1);
    await outside.answer('a');
    settle();
    expect(context.main.values).toEqual(['a!']);
  });

  it('fails the record with the last error when all tries are used up', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(
      settings(outside, { retries: 1 }),
      fakeContext({ policy: 'drop' }),
    );
    give(processor, 'a');
    await outside.refuse('a', new Error('first'));
    context.machine.advance(100);
    await outside.refuse('a', new Error('second'));
    settle();
    expect(context.failed.map(({ error }) => String(error))).toEqual(['Error: second']);
  });

  it('counts the time-out over all tries', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(
      settings(outside, { retries: 100, backoffMs: 300, timeoutMs: 1000 }),
      fakeContext({ policy: 'drop' }),
    );
    give(processor, 'a');
    for (let i = 0; i < 5; i++) {
      await outside.refuse('a');
      context.machine.advance(300);
    }
    settle();
    expect(outside.calls).toHaveLength(3);
    expect(String(context.failed[0]?.error)).toContain('3 tries');
    expect(context.machine.pendingTimers).toBe(0);
  });

  it('holds its place in the capacity while it waits for the next try', async () => {
    const outside = new Outside();
    const { processor } = rig(settings(outside, { capacity: 1, retries: 1 }));
    give(processor, 'a', 'b');
    await outside.refuse('a');
    expect(outside.calls.map(({ value }) => value)).toEqual(['a']);
  });
});
