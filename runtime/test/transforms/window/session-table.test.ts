import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashNumber } from '../../../src/batch/hash.ts';
import { SessionTable } from '../../../src/transforms/window/session-table.ts';

interface ModelSession {
  readonly key: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly row: number;
}

type Action =
  | { readonly kind: 'open'; readonly key: number; readonly startMs: number }
  | { readonly kind: 'close'; readonly which: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('open' as const), key: fc.nat(6), startMs: fc.nat(100) }),
  fc.record({ kind: fc.constant('close' as const), which: fc.nat(50) }),
);

const create = (): SessionTable => new SessionTable({ initialNumbers: [0, Number.NaN], heapCount: 1 });

const keyRowOf = (table: SessionTable, key: number): number => {
  const row = table.index.findOrInsert(key, hashNumber(key));
  table.reserveHeads();
  return row;
};

const sessionsOf = (table: SessionTable, key: number): number[] => {
  const keyRow = table.index.find(key, hashNumber(key));
  const rows: number[] = [];
  if (keyRow < 0) return rows;
  for (let row = table.firstOf(keyRow); row >= 0; row = table.nextRows[row]!) rows.push(row);
  return rows;
};

describe('the table of sessions', () => {
  it('has the sessions that were opened and not closed, by key, whatever happened in between', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
        const table = create();
        let model: ModelSession[] = [];
        for (const step of actions) {
          if (step.kind === 'open') {
            const row = table.open(keyRowOf(table, step.key), step.startMs, step.startMs + 5);
            expect([table.numbers[0]![row], table.numbers[1]![row], table.heaps[0]![row]]).toEqual([
              0,
              Number.NaN,
              undefined,
            ]);
            expect([table.fired[row], table.keyAt(row), table.hashAt(row)]).toEqual([
              0,
              step.key,
              hashNumber(step.key),
            ]);
            table.numbers[0]![row] = 7;
            table.heaps[0]![row] = 'kept';
            table.fired[row] = 1;
            model.push({ key: step.key, startMs: step.startMs, endMs: step.startMs + 5, row });
          } else if (model.length > 0) {
            const closed = model[step.which % model.length]!;
            const stamp = table.stamps[closed.row];
            table.close(closed.row);
            expect(table.stamps[closed.row]).toBe(stamp! + 1);
            model = model.filter((session) => session !== closed);
          }
        }
        expect(table.size).toBe(model.length);
        for (let key = 0; key <= 6; key++) {
          const rows = sessionsOf(table, key);
          const expected = model.filter((session) => session.key === key);
          expect(rows.toSorted()).toEqual(expected.map(({ row }) => row).toSorted());
          for (const { row, startMs, endMs } of expected) {
            expect([table.startsMs[row], table.endsMs[row], table.heaps[0]![row]]).toEqual([
              startMs,
              endMs,
              'kept',
            ]);
          }
        }
        expect(table.index.size).toBe(new Set(model.map(({ key }) => key)).size);
      }),
    );
  });

  it('goes through all sessions in use', () => {
    const table = create();
    const rows = [1, 2, 2, 3].map((key) => table.open(keyRowOf(table, key), 0, 1));
    table.close(rows[1]!);
    const seen: number[] = [];
    for (let row = table.nextRow(-1); row >= 0; row = table.nextRow(row)) seen.push(row);
    expect(seen).toEqual([rows[0], rows[2], rows[3]]);
  });

  it('forgets a key that was looked up and got no session, and only that', () => {
    const table = create();
    const empty = keyRowOf(table, 1);
    const used = keyRowOf(table, 2);
    table.open(used, 0, 1);
    for (const row of [empty, used]) table.forgetIfEmpty(row);
    expect([1, 2].map((key) => table.index.find(key, hashNumber(key)) >= 0)).toEqual([false, true]);
  });

  it('keeps its columns together as it grows', () => {
    const table = create();
    for (let key = 0; key < 3000; key++) {
      const row = table.open(keyRowOf(table, key), key, key + 1);
      table.numbers[0]![row] = key;
      table.heaps[0]![row] = `k${key}`;
    }
    for (const key of [0, 1, 1024, 2999]) {
      const [row] = sessionsOf(table, key);
      expect([table.startsMs[row!], table.numbers[0]![row!], table.heaps[0]![row!]]).toEqual([
        key,
        key,
        `k${key}`,
      ]);
      expect(table.numbers[1]![row!]).toBeNaN();
    }
  });
});
