import { count, tumbling } from 'millrace';
import { describe, expect, it } from 'vitest';
import { customTrigger, type Trigger } from '../../src/api/triggers.ts';
import { TimeBudget } from '../../src/task/budget.ts';
import { Chain } from '../../src/task/chain.ts';
import { LinkWatermarks } from '../../src/task/link-watermarks.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../src/transforms/window/index.ts';
import { Alarms, open, record } from '../transforms/keyed-rig.ts';
import { advanceWatermark, drive, type FakeContext, fakeContext } from '../transforms/support.ts';

/** Fires for each record, by a timer for the time before it. */
const earlier: Trigger = {
  onRecord: (_value, timestampMs, _window, context) => {
    context.registerEventTimeTimer(timestampMs - 1);
    return 'continue';
  },
  onEventTime: () => 'fire',
  onProcessingTime: () => 'continue',
  clear: () => undefined,
};

const firingWindow = (context: FakeContext): Processor =>
  createWindowProcessor(
    {
      kind: 'window',
      window: {
        assigner: tumbling(100),
        trigger: customTrigger(() => earlier),
        allowedLatenessMs: 0,
        aggregation: { kind: 'builtIn', aggregates: { records: count() } },
        keyed: true,
      },
    },
    context,
  );

/** Another incarnation of a processor: with its state, and with event time where it was. */
const restored = (from: Processor, to: Processor, context: FakeContext, watermarkMs: number): void => {
  for (let keyGroup = 0; keyGroup < context.maxParallelism; keyGroup++) {
    const bytes = from.exportKeyGroup?.(keyGroup);
    if (bytes !== undefined) to.importKeyGroup?.(keyGroup, bytes);
  }
  const link = { name: 'link', uid: 'link', processor: to, emitters: [] };
  const mark = { uid: 'link', links: [{ uid: 'link', watermarkMs }], outputMs: watermarkMs };
  new LinkWatermarks(new Chain([link])).restore(mark, new TimeBudget(context.system.clock));
};

describe('event time behind a restart', () => {
  it('fires a timer for a time that had passed with the next watermark, as without the restart', async () => {
    const context = fakeContext();
    const before = await open(new Alarms(), context);
    drive(before, context, [{ watermarkMs: 50 }, record('a', { event: [10] })]);
    const behind = await open(new Alarms(), context);
    restored(before, behind, context, 50);
    expect(context.main.take()).toEqual([]);
    advanceWatermark(behind, 51);
    expect(context.main.take()).toEqual([['a', 'event', 10]]);
  });

  it('does the same with the timers of triggers', () => {
    const context = fakeContext();
    const before = firingWindow(context);
    drive(before, context, [{ watermarkMs: 50 }, { key: 'a', value: 'x', timestampMs: 30 }]);
    const behind = firingWindow(context);
    restored(before, behind, context, 50);
    expect(context.main.take()).toEqual([]);
    advanceWatermark(behind, 51);
    expect(context.main.take()).toMatchObject([{ key: 'a', records: 1 }]);
  });

  it('is where it was: what was late before is late', () => {
    const context = fakeContext();
    const behind = firingWindow(context);
    restored(firingWindow(context), behind, context, 150);
    drive(behind, context, [{ key: 'a', value: 'x', timestampMs: 30 }, { watermarkMs: 400 }]);
    expect(context.main.take()).toEqual([]);
  });
});
