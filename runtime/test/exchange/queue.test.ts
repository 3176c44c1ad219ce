import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Queue } from '../../src/exchange/queue.ts';

fc.configureGlobal({ seed: 20_011 });

describe('a queue', () => {
  it('has nothing to take or to look at when it is empty', () => {
    const queue = new Queue<number>();
    expect(queue.take()).toBeUndefined();
    expect(queue.peek()).toBeUndefined();
    expect(queue).toHaveLength(0);
  });

  it('shows the oldest item without taking it', () => {
    const queue = new Queue<string>();
    queue.push('first');
    queue.push('second');
    expect(queue.peek()).toBe('first');
    expect(queue.peek()).toBe('first');
    expect(queue).toHaveLength(2);
    expect(queue.take()).toBe('first');
    expect(queue.peek()).toBe('second');
  });

  it('does what an array does, however pushes and takes follow each other', () => {
    const calls = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 90 })), { maxLength: 40 });
    fc.assert(
      fc.property(calls, (steps) => {
        const queue = new Queue<number>();
        const model: number[] = [];
        let next = 0;
        for (const [pushes, times] of steps) {
          for (let i = 0; i < times; i++) {
            if (pushes) {
              queue.push(next);
              model.push(next++);
            } else {
              expect(queue.peek()).toBe(model[0]);
              expect(queue.take()).toBe(model.shift());
            }
          }
          expect(queue).toHaveLength(model.length);
        }
      }),
    );
  });
});
