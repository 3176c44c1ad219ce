import { describe, expect, it } from 'vitest';
import { markedCheckpoint, marksOf, putMark, removeMarks } from '../../src/checkpoint/standby-marks.ts';
import { MemoryStore } from '../support/memory-store.ts';

const newStore = (): MemoryStore => new MemoryStore({ nowMs: () => 0, monotonicMs: () => 0 });
const mark = (deployment: string, attempt: number, checkpointId: number) => ({
  deployment,
  attempt,
  checkpointId,
});

describe('what a deployment has prepared', () => {
  it('is told with the newest checkpoint that it has taken in, for one attempt', async () => {
    const store = newStore();
    await putMark(store, mark('blue', 3, 7));
    await putMark(store, mark('blue', 3, 12));
    await putMark(store, mark('blue', 4, 20));
    await putMark(store, mark('red', 3, 30));
    expect(await markedCheckpoint(store, 'blue', 3)).toBe(12);
    expect(await markedCheckpoint(store, 'blue', 5)).toBeUndefined();
    expect(await markedCheckpoint(store, 'green', 3)).toBeUndefined();
  });

  it('is gone when it is taken back', async () => {
    const store = newStore();
    await putMark(store, mark('blue', 3, 7));
    await putMark(store, mark('red', 3, 7));
    await removeMarks(store, await marksOf(store, 'blue'));
    expect(await markedCheckpoint(store, 'blue', 3)).toBeUndefined();
    expect(await markedCheckpoint(store, 'red', 3)).toBe(7);
  });
});
