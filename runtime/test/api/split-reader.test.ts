import { describe, expect, it } from 'vitest';
import type { PollResult } from '../../src/api/connectors.ts';
import { type ActiveSplit, createSplitReader, type SplitReaderSettings } from '../../src/api/split-reader.ts';

/** A split is a name and what its polls answer. */
interface Script {
  readonly name: string;
  readonly answers: readonly PollResult[];
  readonly nearEnd?: boolean;
}

const read = (order: SplitReaderSettings<Script>['order']) => {
  const events: string[] = [];
  let requests = 0;
  const start = (split: Script): ActiveSplit<Script> => {
    let next = 0;
    events.push(`start ${split.name}`);
    return {
      poll: () => {
        events.push(split.name);
        return split.answers[next++] ?? 'end';
      },
      snapshot: () => ({ ...split, answers: split.answers.slice(next) }),
      nearEnd: () => split.nearEnd ?? false,
      close: () => void events.push(`close ${split.name}`),
    };
  };
  const reader = createSplitReader<Script>({ order, start, requestSplit: () => requests++ });
  return { reader, events, requests: () => requests };
};

const script = (name: string, ...answers: PollResult[]): Script => ({ name, answers });

describe('a reader of splits', () => {
  it('asks for one split at a time and waits for the answer', () => {
    const { reader, requests } = read('sequence');
    expect([reader.poll(), reader.poll(), requests()]).toEqual(['waiting', 'waiting', 1]);
    reader.addSplit(script('a', 'more', 'more'));
    expect(reader.poll()).toBe('more');
    expect(requests()).toBe(1);
  });

  it('reads splits one after the other in sequence', () => {
    const { reader, events } = read('sequence');
    reader.addSplit(script('a', 'more', 'end'));
    reader.addSplit(script('b', 'end'));
    reader.noMoreSplits();
    const results = Array.from({ length: 4 }, () => reader.poll());
    expect(results).toEqual(['more', 'more', 'more', 'end']);
    expect(events).toEqual(['start a', 'a', 'a', 'close a', 'start b', 'b', 'close b']);
  });

  it('gives each split its turn when they are read together', () => {
    const { reader, events } = read('together');
    reader.addSplit(script('a', 'more', 'more', 'more'));
    reader.addSplit(script('b', 'more', 'end'));
    for (let i = 0; i < 5; i++) reader.poll();
    expect(events.filter((event) => event.length === 1)).toEqual(['a', 'b', 'a', 'b', 'a']);
  });

  it('passes over splits that wait, and waits when all of them do', () => {
    const { reader, events } = read('together');
    reader.addSplit(script('a', 'waiting', 'waiting', 'more'));
    reader.addSplit(script('b', 'more', 'waiting'));
    expect([reader.poll(), reader.poll()]).toEqual(['more', 'waiting']);
    expect(events.filter((event) => event.length === 1)).toEqual(['a', 'b', 'a', 'b']);
  });

  it('asks ahead near the end of a split, and all the time when splits are read together', () => {
    const sequence = read('sequence');
    sequence.reader.addSplit({ ...script('a', 'more', 'more'), nearEnd: true });
    sequence.reader.poll();
    expect(sequence.requests()).toBe(1);
    const together = read('together');
    together.reader.addSplit(script('a', 'more', 'more', 'more'));
    together.reader.poll();
    together.reader.addSplit(script('b', 'more'));
    together.reader.poll();
    expect(together.requests()).toBe(2);
  });

  it('keeps in a snapshot what is being read with its position and what waits to be read', () => {
    const { reader } = read('sequence');
    reader.addSplit(script('a', 'more', 'more', 'end'));
    reader.addSplit(script('b'));
    reader.poll();
    expect(reader.snapshot()).toEqual([script('a', 'more', 'end'), script('b')]);
  });

  it('keeps a split whose start failed', () => {
    const reader = createSplitReader<string>({
      order: 'sequence',
      requestSplit: () => {},
      start: () => {
        throw new Error('cannot open');
      },
    });
    reader.addSplit('a');
    expect(() => reader.poll()).toThrow('cannot open');
    expect(reader.snapshot()).toEqual(['a']);
  });

  it('closes every split once, also those not finished', () => {
    const { reader, events } = read('together');
    reader.addSplit(script('a', 'end'));
    reader.addSplit(script('b', 'more', 'more'));
    reader.poll();
    void reader.close();
    void reader.close();
    expect(events.filter((event) => event.startsWith('close'))).toEqual(['close a', 'close b']);
  });

  it('ends when there are no more splits, not before', () => {
    const { reader } = read('together');
    reader.noMoreSplits();
    expect(reader.poll()).toBe('end');
    expect(reader.snapshot()).toEqual([]);
  });
});
