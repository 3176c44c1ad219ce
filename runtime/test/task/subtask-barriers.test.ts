import { describe, expect, it } from 'vitest';
import type { Barrier } from '../../src/exchange/element.ts';
import { barrier, newRig, passing, records, watermark } from './rig.ts';

describe('a barrier in a subtask', () => {
  it('moves state, then goes on', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.give(records(1), barrier(3), records(2));
    rig.run();
    expect(rig.take()).toEqual(['out 1', 'moves b3', 'out b3', 'out 2']);
  });

  it('stands behind what links have held back for it', () => {
    const holding = (log: string[], output: { emit(value: unknown, timestampMs: number): void }) => ({
      prepareBarrier: () => {
        log.push('prepares');
        output.emit('held back', 0);
      },
    });
    const rig = newRig({ links: [holding, passing('b')] });
    rig.give(barrier(1));
    rig.run();
    expect(rig.take()).toEqual(['prepares', 'out held back', 'moves b1', 'out b1']);
  });

  it('tells the moves of key groups before it goes on, and leaves it to the input what may follow', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.give(barrier(1), records('behind'));
    rig.subtask.step();
    expect(rig.take()).toEqual(['moves b1', 'out b1']);
    rig.run();
    expect(rig.take()).toEqual(['out behind']);
  });
});

describe('a barrier that a subtask expects', () => {
  const expected: Barrier = {
    kind: 'barrier',
    id: 3,
    checkpoint: { id: 3, triggeredMs: 0, isWhole: false, parks: false },
  };
  const overtakes = { overtake: () => true };

  it('goes on without credit when its time has come, ahead of the input', () => {
    const rig = newRig({ links: [passing('a')], input: overtakes });
    rig.give(records(1));
    rig.control.credit = false;
    rig.subtask.expect(expected, 1500);
    expect([rig.subtask.step(), rig.subtask.nextTimeMs()]).toEqual(['idle', 1500]);
    rig.machine.advance(500);
    rig.run();
    expect(rig.take()).toEqual(['moves b3', 'out b3']);
    rig.control.credit = true;
    rig.run();
    expect(rig.take()).toEqual(['out 1']);
  });

  it('lets what is half done be finished without credit before', () => {
    const rig = newRig({ links: [passing('a'), passing('b')], input: overtakes });
    rig.give(watermark(7));
    rig.subtask.step();
    rig.subtask.step();
    rig.take();
    rig.control.credit = false;
    rig.subtask.expect(expected, 0);
    rig.run();
    expect(rig.take()).toEqual(['b w7', 'out w7', 'moves b3', 'out b3']);
  });

  it('waits for its turn when the input says so, or its checkpoint is over', () => {
    const rig = newRig({ links: [passing('a')], input: { overtake: () => false } });
    rig.subtask.expect(expected, 0);
    rig.give(records(1), expected);
    rig.run();
    expect(rig.take()).toEqual(['out 1', 'moves b3', 'out b3']);
    const other = newRig({ links: [passing('a')], input: overtakes });
    other.subtask.expect(expected, 0);
    other.subtask.checkpointEnded(3, false);
    other.run();
    expect(other.take()).toEqual([]);
  });

  it('comes out of a source without credit, behind what the source has in hand', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.give(records(1), expected, records(2));
    rig.control.credit = false;
    rig.subtask.expect(expected, 0);
    rig.run();
    expect(rig.take()).toEqual(['out 1', 'moves b3', 'out b3']);
  });
});
