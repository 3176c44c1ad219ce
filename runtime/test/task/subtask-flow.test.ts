import { describe, expect, it } from 'vitest';
import { flowOf, joinFlows } from '../../src/task/flow-counts.ts';
import { sourceFlow } from '../../src/task/statistics.ts';
import { newRig, passing, records, watermark } from './rig.ts';
import { newRig as newSourceRig, reads } from './source-input-rig.ts';

describe('how records flow through a subtask', () => {
  it('is told with its watermarks, its channels and its time', () => {
    const rig = newRig({ links: [passing('a')], input: { counts: { queued: 1, usage: 0.1, bytes: 9 } } });
    rig.give(records(1), watermark(5));
    rig.run();
    rig.machine.advance(250);
    expect(rig.subtask.flow()).toEqual({
      outputWatermarkMs: 5,
      elapsedMs: 250,
      isBackPressured: false,
      passedCheckpointId: 0,
      input: { queued: 1, usage: 0.1, bytes: 9 },
      output: { queued: 3, usage: 0.5, bytes: 40 },
    });
  });

  it('is told by input where there are several, and with how far a source is ahead of others', () => {
    const { subtask } = newRig({ links: [passing('a')], input: { watermarksMs: [5, -Infinity] } });
    expect(subtask.flow().inputWatermarksMs).toEqual([5, -Infinity]);
    expect(sourceFlow({ timestampMs: 20, atMs: 100 }, 19, 150, 7).driftMs).toBe(7);
  });

  it('counts a wait for room while it goes on', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.control.credit = false;
    rig.run();
    rig.machine.advance(400);
    expect(rig.subtask.blockedMs).toBe(400);
    expect(rig.subtask.flow().isBackPressured).toBe(true);
    rig.control.credit = true;
    rig.run();
    rig.machine.advance(100);
    expect(rig.subtask.blockedMs).toBe(400);
    expect(rig.subtask.flow().isBackPressured).toBe(false);
  });

  it('adds channels up, and takes the fullest of several edges', () => {
    const one = flowOf([{ counts: { queued: 4, bytes: 10 } }, { counts: { queued: 0, bytes: 1 } }, {}]);
    expect(one).toEqual({ queued: 4, bytes: 11, usage: 4 / 24 });
    expect(joinFlows([one, { queued: 1, bytes: 1, usage: 1.5 }])).toEqual({
      queued: 5,
      bytes: 12,
      usage: 1.5,
    });
    expect(joinFlows([])).toEqual({ queued: 0, bytes: 0, usage: 0 });
  });
});

describe('a source', () => {
  it('knows how far its newest record lies behind the clock, and since when nothing came', () => {
    const rig = newSourceRig();
    rig.onPoll(reads('s', 10, 20));
    rig.take();
    expect(rig.input.newest.timestampMs).toBe(20);
    expect(sourceFlow({ timestampMs: 20, atMs: 100 }, 19, 150)).toEqual({
      fetchLagMs: 80,
      emitLagMs: 130,
      watermarkLagMs: 131,
      idleMs: 50,
    });
    expect(sourceFlow({ timestampMs: Number.NaN, atMs: 0 }, -Infinity, 150).idleMs).toBe(0);
  });
});
