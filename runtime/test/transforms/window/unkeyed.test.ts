import { describe, expect, it } from 'vitest';
import { count, sum } from '../../../src/api/aggregates.ts';
import type { WindowSettings } from '../../../src/api/transform.ts';
import { countTrigger } from '../../../src/api/triggers.ts';
import { session, sliding, tumbling } from '../../../src/api/windows.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { drive, type FakeContext, fakeContext, type Input } from '../support.ts';

const create = (context: FakeContext, rest: Partial<WindowSettings>): Processor =>
  createWindowProcessor(
    {
      kind: 'window',
      window: {
        assigner: tumbling(20),
        allowedLatenessMs: 0,
        lateOutput: undefined,
        aggregation: {
          kind: 'builtIn',
          aggregates: { records: count(), total: sum<number>((value) => value) },
        },
        keyed: false,
        ...rest,
      },
    },
    context,
  );

const before: readonly Input[] = [5, 12, 23].map((timestampMs) => ({ value: timestampMs, timestampMs }));
const after: readonly Input[] = [
  { value: 25, timestampMs: 25 },
  { watermarkMs: 30 },
  { watermarkMs: Infinity },
];

describe('windows over all records', () => {
  it.each<readonly [string, Partial<WindowSettings>]>([
    ['tumbling', {}],
    ['sliding', { assigner: sliding(20, 10) }],
    ['sessions', { assigner: session(9) }],
    ['with a trigger', { trigger: countTrigger(2) }],
  ])('go on from the state of their subtask: %s', (_, settings) => {
    const [alone, next] = [fakeContext(), fakeContext()];
    const first = create(alone, settings);
    drive(first, alone, [...before, { watermarkMs: 15 }]);
    alone.main.take();
    const states = first.exportSubtaskState!();
    expect(states).toHaveLength(1);
    drive(first, alone, after);
    const second = create(next, settings);
    drive(second, next, [{ watermarkMs: 15 }]);
    second.importSubtaskState!(states);
    drive(second, next, after);
    expect(alone.main.values.length).toBeGreaterThan(0);
    expect(next.main.take()).toEqual(alone.main.take());
  });

  it('have none when nothing came', () => {
    expect(create(fakeContext(), {}).exportSubtaskState!()).toEqual([]);
  });
});
