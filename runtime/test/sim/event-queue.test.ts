import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Event, EventQueue } from '../../sim/event-queue.ts';

const eventOf = (timeMs: number, tie: number, sequence: number): Event => ({
  timeMs,
  tie,
  sequence,
  run: () => undefined,
  cancelled: false,
});

const drain = (queue: EventQueue<Event>): Event[] => {
  const events: Event[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) events.push(next);
  return events;
};

describe('the queue of events', () => {
  it('gives events by time, then by tie, then as they were made, whatever order they came in', () => {
    const small = fc.tuple(fc.nat(5), fc.nat(2));
    fc.assert(
      fc.property(fc.array(small), (pairs) => {
        const events = pairs.map(([timeMs, tie], i) => eventOf(timeMs, tie, i));
        const queue = new EventQueue<Event>();
        for (const event of events) queue.push(event);
        const sorted = events.toSorted(
          (a, b) => a.timeMs - b.timeMs || a.tie - b.tie || a.sequence - b.sequence,
        );
        expect(drain(queue)).toEqual(sorted);
      }),
    );
  });

  it('leaves out what was cancelled', () => {
    const queue = new EventQueue<Event>();
    const [one, other] = [eventOf(1, 0, 0), eventOf(2, 0, 1)];
    queue.push(one);
    queue.push(other);
    one.cancelled = true;
    expect(drain(queue)).toEqual([other]);
  });
});
