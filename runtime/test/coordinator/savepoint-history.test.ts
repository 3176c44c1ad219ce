import { describe, expect, it } from 'vitest';
import { savepointStatusSchema } from '../../src/contract/control/savepoints.ts';
import type { CheckpointEvent } from '../../src/coordinator/checkpoint-events.ts';
import { SavepointHistory } from '../../src/coordinator/savepoint-history.ts';

const create = (): SavepointHistory =>
  new SavepointHistory(
    () => 4,
    (name) => `place/${name}/`,
  );

const ackOf = (checkpointId: number, slot: number): CheckpointEvent => ({
  what: 'acknowledged',
  ack: {
    checkpointId,
    slot,
    sources: [],
    watermarks: [],
    sinks: [],
    states: [],
    keyed: [],
    inFlight: [],
    subtasks: [0, 1].map((task) => ({
      task,
      startDelayMs: 0,
      alignmentMs: 0,
      syncMs: 0,
      asyncMs: 0,
      stateBytes: 0,
      isUnaligned: false,
      inFlightBytes: 0,
    })),
    objects: [],
  },
});

describe('the history of savepoints', () => {
  it('follows the checkpoint that one is made of, and no other', () => {
    const history = create();
    history.take({ what: 'begun', name: 'before' }, 10);
    history.takeCheckpoint({ what: 'triggered', id: 3, kind: 'checkpoint', attempt: 1 });
    history.takeCheckpoint(ackOf(3, 0));
    expect(history.get('before')).toMatchObject({ checkpointId: null, progress: 0 });
    history.takeCheckpoint({ what: 'triggered', id: 4, kind: 'savepoint', attempt: 1 });
    history.takeCheckpoint(ackOf(4, 0));
    const status = history.get('before');
    expect(savepointStatusSchema.parse(status)).toMatchObject({
      checkpointId: 4,
      progress: 0.5,
      startedMs: 10,
    });
    expect(history.unfinished()).toEqual([status]);
  });

  it('keeps why one has failed, until another one of the name is begun', () => {
    const history = create();
    history.take({ what: 'begun', name: 'before' }, 10);
    expect(history.take({ what: 'failed', name: 'before', reason: 'no room' }, 20)).toMatchObject({
      state: 'failed',
      failure: 'no room',
    });
    history.take({ what: 'begun', name: 'before' }, 30);
    expect(history.get('before')).toMatchObject({ state: 'inProgress', startedMs: 30, failure: null });
  });

  it('knows nothing of what was disposed of, and of what it was not told', () => {
    const history = create();
    history.take({ what: 'begun', name: 'before' }, 10);
    history.forget('before');
    expect(history.get('before')).toBeUndefined();
    expect(history.take({ what: 'failed', name: 'other', reason: 'no' }, 1)).toBeUndefined();
  });

  it('remembers only the newest', () => {
    const history = create();
    for (let i = 0; i < 60; i++) {
      history.take({ what: 'begun', name: `s${i}` }, i);
      history.take({ what: 'failed', name: `s${i}`, reason: 'no' }, i);
    }
    expect(history.unfinished()).toHaveLength(50);
    expect(history.get('s9')).toBeUndefined();
  });
});
