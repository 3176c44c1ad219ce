import { describe, expect, it } from 'vitest';
import { sum } from '../../../src/api/aggregates.ts';
import type { WindowSettings } from '../../../src/api/transform.ts';
import {
  countEvictor,
  countTrigger,
  deltaEvictor,
  type Evictor,
  timeEvictor,
} from '../../../src/api/triggers.ts';
import { globalWindow, tumbling } from '../../../src/api/windows.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { drive, type FakeContext, fakeContext, type RecordIn } from '../support.ts';

const start = (
  evictor: Evictor<unknown>,
  rest: Partial<WindowSettings> = {},
  policy: 'fail' | 'drop' = 'fail',
): { context: FakeContext; processor: Processor } => {
  const context = fakeContext({ policy });
  const window: WindowSettings = {
    assigner: globalWindow(),
    trigger: countTrigger(2),
    evictor,
    allowedLatenessMs: 0,
    aggregation: { kind: 'collect' },
    function: {
      process: (values, _context, output) => {
        output.emit([...values]);
        return undefined;
      },
    },
    keyed: true,
    ...rest,
  };
  return { context, processor: createWindowProcessor({ kind: 'window', window }, context) };
};

const at = (timestampMs: number, value: unknown = timestampMs): RecordIn => ({
  value,
  key: 'k',
  timestampMs,
});

describe('an evictor', () => {
  it('by count keeps the last so many, and what it leaves out is gone', () => {
    const { context, processor } = start(countEvictor(3));
    drive(
      processor,
      context,
      [1, 2, 3, 4, 5, 6].map((timestampMs) => at(timestampMs)),
    );
    expect(context.main.values).toEqual([
      [1, 2],
      [2, 3, 4],
      [4, 5, 6],
    ]);
  });

  it('by time keeps what is not too old against the newest', () => {
    const { context, processor } = start(timeEvictor(10) as Evictor<unknown>);
    drive(
      processor,
      context,
      [1, 5, 12, 9].map((timestampMs) => at(timestampMs)),
    );
    expect(context.main.values).toEqual([
      [1, 5],
      [5, 12, 9],
    ]);
  });

  it('by delta keeps what is close to the last', () => {
    const evictor = deltaEvictor<number>(5, (value, latest) => Math.abs(value - latest));
    const { context, processor } = start(evictor as Evictor<unknown>);
    drive(
      processor,
      context,
      [1, 20, 22, 23].map((timestampMs) => at(timestampMs)),
    );
    expect(context.main.values).toEqual([[20], [20, 22, 23]]);
  });

  it('after the function lets it see all, and keeps the rest for the next firing', () => {
    const { context, processor } = start({ when: 'after', keep: (records) => records.slice(-1) });
    drive(
      processor,
      context,
      [1, 2, 3, 4].map((timestampMs) => at(timestampMs)),
    );
    expect(context.main.values).toEqual([
      [1, 2],
      [2, 3, 4],
    ]);
  });

  it('that leaves nothing makes nothing fire', () => {
    const { context, processor } = start({ when: 'before', keep: () => [] });
    drive(processor, context, [at(1), at(2), at(3), at(4)]);
    expect(context.main.values).toEqual([]);
  });

  it('is told values, times and the window', () => {
    const seen: unknown[] = [];
    const keep: Evictor<unknown>['keep'] = (records, window) => {
      seen.push(records, window);
      return records;
    };
    const { context, processor } = start({ when: 'before', keep }, { assigner: tumbling(10) });
    drive(processor, context, [at(1, 'a'), at(5, 'b')]);
    expect(seen).toEqual([
      [
        { value: 'a', timestampMs: 1 },
        { value: 'b', timestampMs: 5 },
      ],
      { startMs: 0, endMs: 10 },
    ]);
  });

  it('works before aggregates too', () => {
    const { context, processor } = start(countEvictor(2), {
      function: undefined,
      aggregation: { kind: 'builtIn', aggregates: { total: sum((n: number) => n) } },
    });
    drive(
      processor,
      context,
      [1, 2, 3, 4].map((timestampMs) => at(timestampMs)),
    );
    expect(context.main.values.map((value) => (value as { total: number }).total)).toEqual([3, 7]);
  });

  it('must give back records of the window', () => {
    const evictor: Evictor<unknown> = { when: 'before', keep: () => [{ value: 'made up', timestampMs: 0 }] };
    const { context, processor } = start(evictor);
    expect(() => drive(processor, context, [at(1), at(2)])).toThrow('was not in the window');
    const dropping = start(evictor, {}, 'drop');
    drive(dropping.processor, dropping.context, [at(1), at(2), at(3)]);
    expect(dropping.context.failed.map(({ record }) => record)).toEqual([2, 3]);
  });
});
