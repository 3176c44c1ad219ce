import { expect, it } from 'vitest';
import { asAttempt, asCheckpointId, asTerm } from '../../src/checkpoint/ids.ts';
import type { LogEntry } from '../../src/checkpoint/log-entry.ts';
import { joinCommittables, type Standing, standingOf } from '../../src/checkpoint/standing.ts';
import {
  adoptWish,
  blue,
  claimWish,
  commit,
  entryOf,
  jobUid,
  logOf,
  manifestOf,
  one,
  publish,
  sinkOf,
  sinkTexts,
  two,
} from './entries.ts';

const stand = (...entries: readonly LogEntry[]): Standing => standingOf(jobUid, entries, 'memory');
const idsOf = (standing: Standing): readonly number[] =>
  standing.line.map(({ manifest }) => manifest.checkpointId);

it('says of an empty log that there is nothing', () => {
  expect(stand()).toMatchObject({
    number: 0,
    since: 1,
    term: 0,
    attempt: 0,
    line: [],
    pending: [],
  });
});

it('follows claims: recovery raises term and attempt, adoption the term alone', () => {
  const { standing } = logOf([
    [one, claimWish],
    [two, adoptWish],
    [two, claimWish],
  ]);
  expect(standing).toMatchObject({
    number: 3,
    term: 3,
    attempt: 2,
    writer: 'two',
    owner: 'green',
  });
});

it('carries what is pending into every manifest until it is reported as visible', () => {
  const wishes = [
    [one, claimWish],
    [one, publish(1, 1, { sinks: [sinkOf('out', 'a1', 'b1')] })],
    [one, publish(2, 1, { sinks: [sinkOf('out', 'a2'), sinkOf('log', 'c2')] })],
  ] as const;
  expect(sinkTexts(logOf(wishes).standing.pending)).toEqual(['out: a1 b1 a2', 'log: c2']);
  const { standing } = logOf([...wishes, [one, commit('out', 'a1', 'a2')], [one, publish(3)]]);
  expect(sinkTexts(standing.pending)).toEqual(['out: b1', 'log: c2']);
  expect(sinkTexts(standing.line.at(-1)?.manifest.sinks ?? [])).toEqual(['out: b1', 'log: c2']);
});

it('takes what was rolled back out of the line, and names what must be aborted', () => {
  const { standing } = logOf([
    [one, claimWish],
    [one, publish(1, 1, { sinks: [sinkOf('out', 'a1')] })],
    [one, publish(2, 1, { sinks: [sinkOf('out', 'a2')] })],
    [one, publish(3, 1, { sinks: [sinkOf('out', 'a3')] })],
    [one, commit('out', 'a1', 'a2')],
    [one, { kind: 'rolledBack', to: 2, repeats: true }],
  ]);
  expect(idsOf(standing)).toEqual([1]);
  expect(standing.highestCheckpointId).toBe(3);
  expect(standing.pending).toEqual([]);
  expect(sinkTexts(standing.aborted)).toEqual(['out: a3']);
});

it('forgets what was to be aborted when the next checkpoint is there', () => {
  const { standing } = logOf([
    [one, claimWish],
    [one, publish(1)],
    [one, publish(2, 1, { sinks: [sinkOf('out', 'a2')] })],
    [one, { kind: 'rolledBack', to: 2, repeats: true }],
    [one, publish(3)],
  ]);
  expect([idsOf(standing), standing.aborted]).toEqual([[1, 3], []]);
});

it('follows a switch-over from the cut to the promotion', () => {
  const wishes = [
    [one, claimWish],
    [one, publish(1, 1, { kind: 'cut' })],
    [one, { kind: 'handOver', to: 'blue' }],
  ] as const;
  expect(logOf(wishes).standing).toMatchObject({
    owner: 'blue',
    switchOver: { from: 'green', isReleased: false },
  });
  const released = [...wishes, [blue, claimWish], [blue, { kind: 'released' }]] as const;
  expect(logOf(released).standing).toMatchObject({
    owner: 'blue',
    switchOver: { isReleased: true },
  });
  expect(logOf([...released, [blue, { kind: 'promoted' }]]).standing).toMatchObject({
    owner: 'blue',
    switchOver: undefined,
  });
});

it('reads a log whose beginning was given up', () => {
  const { entries } = logOf(
    [
      [one, claimWish],
      [one, publish(1, 1, { kind: 'cut' })],
      [one, { kind: 'handOver', to: 'blue' }],
      [blue, claimWish],
      [blue, publish(2, 2)],
      [blue, { kind: 'released' }],
      [blue, { kind: 'promoted' }],
      [blue, publish(3, 2)],
      [blue, publish(4, 2)],
    ],
    3,
  );
  expect(entries.map(({ number }) => number)).toEqual([5, 6, 7, 8, 9]);
  const kept = standingOf(jobUid, entries, 'memory');
  expect(kept).toMatchObject({
    number: 9,
    term: 2,
    attempt: 2,
    owner: 'blue',
    deployment: 'blue',
  });
  expect(idsOf(kept)).toEqual([2, 3, 4]);
});

const claim = entryOf(1, { kind: 'claim' });
const manifest = entryOf(2, { kind: 'manifest', manifest: manifestOf(5) });

it.each<[string, LogEntry]>([
  ['follows number 2', entryOf(4, { kind: 'rolledBack', to: 2 })],
  ['is of term 2, where only 1 can be', entryOf(3, { kind: 'rolledBack', to: 2 }, { term: asTerm(2) })],
  ['is of term 1, where only 2 can be', entryOf(3, { kind: 'claim' })],
  [
    'was written by two of green, who did not lead',
    entryOf(3, { kind: 'rolledBack', to: 2 }, { writer: 'two' }),
  ],
  [
    'is of attempt 3 after attempt 1',
    entryOf(3, { kind: 'claim' }, { term: asTerm(2), attempt: asAttempt(3) }),
  ],
  ['publishes checkpoint 5 after 5', entryOf(3, { kind: 'manifest', manifest: manifestOf(5) })],
  [
    'publishes a checkpoint of attempt 2 in attempt 1',
    entryOf(3, {
      kind: 'manifest',
      manifest: manifestOf(6, { attempt: asAttempt(2) }),
    }),
  ],
  ['goes back to 1, which is no checkpoint', entryOf(3, { kind: 'rolledBack', to: 1 })],
  [
    'names 1 as its cut, which is not the latest',
    entryOf(3, { kind: 'handOver', from: 'green', to: 'blue', cut: 1 }),
  ],
  ['is of the hand-over 2, which is not under way', entryOf(3, { kind: 'released', handOver: 2 })],
])('refuses an entry that %s', (why, entry) => {
  expect(() => stand(claim, manifest, entry)).toThrow(`The log entry jobs/a1b2/log/${entry.number} ${why}`);
});

it('refuses an entry that needs what an earlier one gave up', () => {
  const later = entryOf(2, { kind: 'manifest', manifest: manifestOf(5) }, { since: 2 });
  const stopped = entryOf(3, { kind: 'stopped', how: 'cancelled' }, { since: 1 });
  expect(() => stand(claim, later, stopped)).toThrow('needs entries that were given up');
});

it('joins committables without naming one twice', () => {
  const joined = joinCommittables(
    [sinkOf('a', 'x1'), sinkOf('b', 'y1')],
    [sinkOf('c', 'z2'), sinkOf('a', 'x1', 'x2')],
  );
  expect(sinkTexts(joined)).toEqual(['a: x1 x2', 'b: y1', 'c: z2']);
});

it('takes a committed entry into account wherever its manifest is', () => {
  const committed = entryOf(3, {
    kind: 'committed',
    checkpointId: asCheckpointId(5),
    sinks: [{ uid: 'out', ids: ['a5'] }],
  });
  const withSink = entryOf(2, {
    kind: 'manifest',
    manifest: manifestOf(5, { sinks: [sinkOf('out', 'a5', 'b5')] }),
  });
  expect(sinkTexts(stand(claim, withSink, committed).pending)).toEqual(['out: b5']);
});
