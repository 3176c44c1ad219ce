import { describe, expect, it } from 'vitest';
import { reducingState, valueState } from '../../../src/api/state.ts';
import { hashValue } from '../../../src/batch/hash.ts';
import { KeyedStore } from '../../../src/state/keyed-store.ts';
import { emptyPane, type Pane } from '../../../src/transforms/window/panes.ts';
import { PaneTriggerContext } from '../../../src/transforms/window/trigger-context.ts';

const sum = reducingState<number>('sum', (left, right) => left + right);
const last = valueState<string>('last', { default: 'none' });

const start = (window = { startMs: 0, endMs: 10 }) => {
  const store = new KeyedStore({ maxParallelism: 4, nowMs: () => 0 });
  store.setCurrentKey('k', hashValue('k'));
  const context = new PaneTriggerContext(store);
  const pane = emptyPane(window);
  context.select(7, pane);
  const timers = (queue: KeyedStore['eventTimers']): string[] => {
    const found: string[] = [];
    while (queue.pollDue(Infinity)) found.push(`${queue.timeMs} in ${queue.namespace}`);
    return found;
  };
  return { store, context, pane, timers };
};

describe('what a trigger sees', () => {
  it('registers and deletes timers of the pane in hand', () => {
    const { store, context, timers } = start();
    context.registerEventTimeTimer(20);
    context.registerEventTimeTimer(15);
    context.registerEventTimeTimer(15);
    context.registerProcessingTimeTimer(30);
    context.registerProcessingTimeTimer(31);
    context.deleteProcessingTimeTimer(31);
    context.select(8, emptyPane({ startMs: 0, endMs: 10 }));
    context.registerEventTimeTimer(15);
    context.deleteEventTimeTimer(20);
    expect(timers(store.eventTimers)).toEqual(['15 in 7', '15 in 8', '20 in 7']);
    expect(timers(store.processingTimers)).toEqual(['30 in 7']);
  });

  it('keeps state in the pane', () => {
    const { context, pane } = start();
    const other: Pane = emptyPane({ startMs: 10, endMs: 20 });
    context.state(last).update('here');
    context.reducing(sum).add(2);
    context.reducing(sum).add(3);
    context.select(8, other);
    expect([context.state(last).value(), context.reducing(sum).get()]).toEqual(['none', undefined]);
    context.select(7, pane);
    expect([context.state(last).value(), context.reducing(sum).get()]).toEqual(['here', 5]);
    context.state(last).clear();
    context.reducing(sum).clear();
    expect([context.state(last).value(), context.reducing(sum).get()]).toEqual(['none', undefined]);
  });

  it('has state that reduces and state that does not under one name apart', () => {
    const { context } = start();
    const sameName = valueState<number>('sum');
    context.reducing(sum).add(1);
    expect(context.state(sameName).value()).toBeUndefined();
    context.state(sameName).update(9);
    expect(context.reducing(sum).get()).toBe(1);
  });

  it('reduces the parts that panes brought which became one, from the left', () => {
    const { context, pane } = start();
    const texts = reducingState<string>('texts', (left, right) => `(${left}${right})`);
    pane.triggerParts = new Map([['texts', ['a', 'b', 'c']]]);
    expect(context.reducing(texts).get()).toBe('((ab)c)');
    context.reducing(texts).add('d');
    expect(pane.triggerParts.get('texts')).toEqual(['(((ab)c)d)']);
    pane.triggerParts.set('texts', []);
    expect(context.reducing(texts).get()).toBeUndefined();
  });

  it('registers nothing that would go on for ever at the end of the input', () => {
    const endless = start({ startMs: -Infinity, endMs: Infinity });
    endless.context.registerEventTimeTimer(5);
    endless.context.watermarkMs = Infinity;
    endless.context.registerEventTimeTimer(6);
    endless.context.hasEnded = true;
    endless.context.registerProcessingTimeTimer(7);
    expect(endless.timers(endless.store.eventTimers)).toEqual(['5 in 7']);
    expect(endless.timers(endless.store.processingTimers)).toEqual([]);
    const bounded = start();
    bounded.context.watermarkMs = Infinity;
    bounded.context.registerEventTimeTimer(6);
    expect(bounded.timers(bounded.store.eventTimers)).toEqual(['6 in 7']);
  });
});
