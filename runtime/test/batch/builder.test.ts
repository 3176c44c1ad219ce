import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchBuilder } from '../../src/batch/builder.ts';
import './arbitrary.ts';

const timestampsOf = (batch: { readonly timestamps: Float64Array; readonly length: number }): number[] => [
  ...batch.timestamps.subarray(0, batch.length),
];

describe('a batch builder', () => {
  it('hands over what was appended, in order, and starts anew', () => {
    const builder = new BatchBuilder();
    builder.append('a', 1);
    builder.append('b', Number.NaN);
    const first = builder.take();
    expect(builder.length).toBe(0);
    builder.append('c', 3);
    const second = builder.take();
    expect(first.rows()).toEqual(['a', 'b']);
    expect(timestampsOf(first)).toEqual([1, Number.NaN]);
    expect(second.rows()).toEqual(['c']);
    expect(timestampsOf(second)).toEqual([3]);
  });

  it('does not touch a batch that it handed over', () => {
    for (const count of [3, 4, 8]) {
      const builder = new BatchBuilder(4);
      for (let i = 0; i < count; i++) builder.append(i, i);
      const taken = builder.take();
      for (let i = 0; i < count; i++) builder.append('x', -1);
      expect(taken.rows()).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(timestampsOf(taken)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
  });

  it('takes more records than it had room for', () => {
    const builder = new BatchBuilder(1);
    for (let i = 0; i < 5000; i++) builder.append(i, i * 2);
    const batch = builder.take();
    expect(batch.length).toBe(5000);
    expect(batch.timestamps[4999]).toBe(9998);
    expect(batch.rows()[4999]).toBe(4999);
  });

  it('forgets what a failing record had emitted', () => {
    const builder = new BatchBuilder();
    builder.append('kept', 1);
    const mark = builder.length;
    builder.append('undone', 2);
    builder.append('undone', 3);
    builder.truncate(mark);
    builder.append('next', 4);
    const batch = builder.take();
    expect(batch.rows()).toEqual(['kept', 'next']);
    expect(timestampsOf(batch)).toEqual([1, 4]);
  });

  it('keeps a small batch small', () => {
    const builder = new BatchBuilder(2048);
    builder.append(1, 1);
    expect(builder.take().timestamps.buffer.byteLength).toBe(8);
  });

  it('gives a batch without records when nothing was appended', () => {
    const batch = new BatchBuilder(0).take();
    expect([batch.length, batch.rows().length]).toEqual([0, 0]);
  });

  it('behaves like a list, whatever is done in which order', () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.record({ value: fc.integer(), timeMs: fc.integer() }) },
      { weight: 1, arbitrary: fc.nat({ max: 12 }) },
      { weight: 1, arbitrary: fc.constant('take' as const) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.nat({ max: 8 }), (actions, capacity) => {
        const builder = new BatchBuilder(capacity);
        let model: { value: number; timeMs: number }[] = [];
        for (const step of actions) {
          if (step === 'take') {
            const batch = builder.take();
            expect(batch.rows()).toEqual(model.map(({ value }) => value));
            expect(timestampsOf(batch)).toEqual(model.map(({ timeMs }) => timeMs));
            model = [];
          } else if (typeof step === 'number') {
            builder.truncate(step);
            model = model.slice(0, step);
          } else {
            builder.append(step.value, step.timeMs);
            model.push(step);
          }
          expect(builder.length).toBe(model.length);
        }
      }),
    );
  });
});
