import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../src/contract/errors.ts';
import { DeadLetterBox, type DeadLetterParcel, deadLetterUid } from '../../src/task/dead-letter-box.ts';
import type { DeadLetter } from '../../src/task/failures.ts';

const letter = (record: unknown): DeadLetter => ({
  transform: 'parse',
  reason: 'refused',
  where: '',
  record,
  timestampMs: null,
});

/** What goes with a checkpoint: the records of each parcel by its name. */
const prepare = async (box: DeadLetterBox, checkpointId: number): Promise<unknown> => {
  const prepared = await box.prepare(checkpointId);
  if (prepared === undefined) return undefined;
  expect(prepared.uid).toBe(deadLetterUid);
  return Object.fromEntries(
    (prepared.committables as readonly DeadLetterParcel[]).map(({ id, letters }) => [
      id,
      letters.map(({ record }) => record),
    ]),
  );
};

describe('the dead letters of a subtask under checkpoints', () => {
  it('go with the checkpoint whose barrier stands behind them, and not with one that has none', async () => {
    const box = new DeadLetterBox('1-4-0');
    expect(await prepare(box, 1)).toBeUndefined();
    box.accept(letter('a'));
    box.accept(letter('b'));
    const second = prepare(box, 2);
    box.accept(letter('c'));
    expect(await second).toEqual({ '1-4-0-2': ['a', 'b'] });
    box.checkpointEnded(2, true);
    expect(await prepare(box, 3)).toEqual({ '1-4-0-3': ['c'] });
    box.checkpointEnded(3, true);
    expect(await prepare(box, 4)).toBeUndefined();
  });

  it('go with each later checkpoint until one is complete, under the same name', async () => {
    const box = new DeadLetterBox('1-4-0');
    box.accept(letter('a'));
    await prepare(box, 1);
    box.checkpointEnded(1, false);
    expect(await prepare(box, 2)).toEqual({ '1-4-0-1': ['a'] });
    box.accept(letter('b'));
    expect(await prepare(box, 3)).toEqual({ '1-4-0-1': ['a'], '1-4-0-3': ['b'] });
    box.checkpointEnded(2, true);
    expect(await prepare(box, 4)).toEqual({ '1-4-0-3': ['b'] });
  });

  it('are described where their record is no value', async () => {
    const box = new DeadLetterBox('x');
    box.accept(letter({ open: () => 1 }));
    const [described] = Object.values((await prepare(box, 1)) as Record<string, readonly unknown[]>).flat();
    expect(described).toContain('open');
  });

  it.each([
    ['letters', 1, 10_001],
    ['bytes', 100_000, 100],
  ])(
    'fail the job when there are too many %s before a checkpoint is complete',
    async (_what, size, count) => {
      const box = new DeadLetterBox('x');
      const record = 'x'.repeat(size);
      const accept = (): void => {
        for (let i = 0; i < count / 2; i++) box.accept(letter(record));
      };
      accept();
      await prepare(box, 1);
      box.checkpointEnded(1, false);
      let error: unknown;
      try {
        accept();
      } catch (thrown) {
        error = thrown;
      }
      expect((error as MillraceError).code).toBe('resource');
      expect((error as MillraceError).hint).toContain('policy: Drop');
    },
  );

  it('make room again when a checkpoint is complete', async () => {
    const box = new DeadLetterBox('x');
    for (let checkpoint = 1; checkpoint <= 4; checkpoint++) {
      for (let i = 0; i < 6000; i++) box.accept(letter(i));
      await prepare(box, checkpoint);
      box.checkpointEnded(checkpoint, true);
    }
  });
});
