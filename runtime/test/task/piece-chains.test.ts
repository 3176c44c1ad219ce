import { expect, it } from 'vitest';
import { PieceChains } from '../../src/task/piece-chains.ts';

const keyGroups = [...Array(128).keys()];

/** Takes checkpoints in which each key group changes so much; how many bytes each wrote, and which were written whole. */
const run = (wholeBytes: number, changedBytes: number, count: number, chains = new PieceChains()) =>
  Array.from({ length: count }, (_, id) => {
    const whole = keyGroups.filter((keyGroup) => id === 0 || chains.isDue('count', keyGroup, id));
    const isWhole = new Set(whole);
    chains.begin();
    for (const keyGroup of keyGroups) {
      const mode = isWhole.has(keyGroup) ? ('whole' as const) : ('changes' as const);
      const bytes = new Uint8Array(mode === 'whole' ? wholeBytes : changedBytes);
      chains.add('count', { keyGroup, mode, bytes });
    }
    chains.completed();
    return { whole, bytes: whole.length * wholeBytes + (keyGroups.length - whole.length) * changedBytes };
  });

/** The longest time that a key group was not written whole. */
const longest = (checkpoints: ReturnType<typeof run>): number =>
  Math.max(
    ...keyGroups.map((keyGroup) => {
      const turns = checkpoints.flatMap(({ whole }, id) => (whole.includes(keyGroup) ? [id] : []));
      return Math.max(...turns.map((id, i) => (turns[i + 1] ?? checkpoints.length) - id));
    }),
  );

it('writes a large key group whole every 64 checkpoints, some of them every eighth', () => {
  const checkpoints = run(100_000, 100, 200);
  expect(longest(checkpoints)).toBe(64);
  const counts = checkpoints.map(({ whole }) => whole.length);
  expect(counts.slice(1).every((count, i) => count === ((i + 1) % 8 === 0 ? 16 : 0))).toBe(true);
});

it('writes a small one whole every 16 checkpoints', () => {
  const checkpoints = run(10_000, 100, 100);
  expect(longest(checkpoints)).toBe(16);
  expect(Math.max(...checkpoints.slice(1).map(({ whole }) => whole.length))).toBe(64);
});

it('writes a key group whole when its changes have outgrown it, so that little is written and read twice', () => {
  const checkpoints = run(100_000, 20_000, 100);
  expect(longest(checkpoints)).toBeLessThanOrEqual(12);
  const mean = checkpoints.reduce((sum, { bytes }) => sum + bytes, 0) / checkpoints.length;
  expect(mean).toBeLessThan(128 * 20_000 * 2);
});

it('writes no more than what changes when all of it changes each time', () => {
  const checkpoints = run(100_000, 100_000, 40);
  for (const { bytes } of checkpoints) expect(bytes).toBe(128 * 100_000);
  expect(longest(checkpoints)).toBeLessThanOrEqual(4);
});

it('counts what an aborted checkpoint has written as if it had not been', () => {
  const chains = new PieceChains();
  run(100_000, 20_000, 1, chains);
  for (let id = 1; id < 16; id++) {
    for (const keyGroup of keyGroups)
      chains.add('count', { keyGroup, mode: 'changes', bytes: new Uint8Array(20_000) });
    chains.begin();
  }
  expect(keyGroups.filter((keyGroup) => chains.isDue('count', keyGroup, 16)).length).toBe(16);
  expect(chains.isDue('another', 3, 61)).toBe(false);
});
