import { expect, it } from 'vitest';
import { valueState } from '../../../src/api/state.ts';
import type { WindowFunction } from '../../../src/api/transform.ts';
import { tumbling } from '../../../src/api/windows.ts';
import { hashValue } from '../../../src/batch/hash.ts';
import { keyGroupOf } from '../../../src/state/key-groups.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { packParts, unpackState } from '../../../src/transforms/window/packed-state.ts';
import { drive, type FakeContext, fakeContext } from '../support.ts';

/** Counts the firings of a key over all its windows. */
const counting: WindowFunction<unknown, unknown, unknown> = {
  process: (_values, context, output) => {
    const firings = context.globalState.state(valueState<number>('firings', { default: 0 }));
    firings.update(firings.value() + 1);
    output.emit(firings.value());
    return undefined;
  },
};

class Rig {
  readonly context: FakeContext = fakeContext({});
  readonly processor: Processor = createWindowProcessor(
    {
      kind: 'window',
      window: {
        assigner: tumbling(10),
        allowedLatenessMs: 0,
        lateOutput: undefined,
        aggregation: { kind: 'collect' },
        function: counting,
        keyed: true,
      },
    },
    this.context,
  );

  /** Fires the windows of a key that begin at these times; gives what the last one counted. */
  fire(...timesMs: number[]): unknown {
    for (const timestampMs of timesMs)
      drive(this.processor, this.context, [
        { key: 'k', value: 1, timestampMs },
        { watermarkMs: timestampMs + 9 },
      ]);
    return this.context.main.take().at(-1);
  }
}

const keyGroup = keyGroupOf(hashValue('k'), fakeContext({}).maxParallelism);

it('state of a window function goes on with increments that have only what was written', () => {
  const rig = new Rig();
  const restored = new Rig();
  const checkpoint = (checkpointId: number, since?: number): number => {
    const request = { checkpointId, keyGroups: [keyGroup], since: () => since };
    const snapshot = rig.processor.snapshotKeyGroups!(request);
    let bytes = 0;
    for (let piece = snapshot.next(); piece !== undefined; piece = snapshot.next()) {
      restored.processor.applyKeyGroup!(keyGroup, piece.bytes);
      bytes += piece.bytes.length;
    }
    rig.processor.checkpointEnded!(checkpointId, true);
    return bytes;
  };
  expect(rig.fire(0, 10)).toBe(2);
  checkpoint(1);
  expect(rig.fire(20)).toBe(3);
  const changed = checkpoint(2, 1);
  expect(checkpoint(3, 2)).toBeLessThan(changed);
  expect(restored.fire(30)).toBe(4);
});

it('a first piece of an earlier version without state of functions says that there is none any more', () => {
  const rig = new Rig();
  rig.fire(0, 10);
  const bytes = rig.processor.exportKeyGroup!(keyGroup)!;
  const { arrivals, parts } = unpackState(bytes);
  expect(parts).toHaveLength(2);
  rig.processor.applyKeyGroup!(keyGroup, packParts({ arrivals, parts: [parts[0], undefined] }));
  expect(rig.fire(20)).toBe(1);
  rig.processor.applyKeyGroup!(keyGroup, bytes);
  expect(rig.fire(30)).toBe(3);
});
