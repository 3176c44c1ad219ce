import { describe, expect, it } from 'vitest';
import { committable, decide, leads, type Me, theProtocol, type Wish } from '../../src/checkpoint/decide.ts';
import { CommitPermit } from '../../src/checkpoint/permit.ts';
import {
  adoptWish,
  blue,
  claimWish,
  commit,
  logOf,
  one,
  publish,
  sinkOf,
  sinkTexts,
  two,
} from './entries.ts';

const claimAgain: Wish = { kind: 'claim', attempt: 'next', after: 1 };
type Step = readonly [Me, Wish];
const handOver: Wish = { kind: 'handOver', to: 'blue' };
const released: Wish = { kind: 'released' };
const promoted: Wish = { kind: 'promoted' };
const rollBack = (to: number): Wish => ({ kind: 'rolledBack', to });
const stop = (how: (Wish & { kind: 'stopped' })['how']): Wish => ({
  kind: 'stopped',
  how,
});
const red: Me = { writer: 'four', deployment: 'red' };

const started: readonly Step[] = [[one, claimWish]];
/** Entry 2 is the cut (with a1), 3 the hand-over. */
const handedOver: readonly Step[] = [
  ...started,
  [one, publish(1, 1, { kind: 'cut', sinks: [sinkOf('out', 'a1')] })],
  [one, handOver],
];
/** Entry 5 is the first checkpoint of the new deployment, with a2. */
const held: readonly Step[] = [
  ...handedOver,
  [blue, claimWish],
  [blue, publish(2, 2, { sinks: [sinkOf('out', 'a2')] })],
];
const free: readonly Step[] = [...held, [blue, released]];

/** What becomes of a wish: the kind of entry, `stop`, or the reason. */
const outcome = (steps: readonly Step[], me: Me, wish: Wish): string => {
  const decision = decide(logOf(steps).standing, me, wish);
  if (decision.do === 'put') return decision.body.kind;
  return decision.do === 'stop' ? 'stop' : decision.error.message;
};

describe('a wish', () => {
  it.each<[string, readonly Step[], Me, Wish, string]>([
    ['a first claim', [], one, claimWish, 'claim'],
    ['adoption of nothing', [], one, adoptWish, 'There is no data plane to adopt.'],
    ['adoption', started, two, adoptWish, 'claim'],
    ['a claim of who has led before', started, one, claimAgain, 'claim'],
    ['a claim of who was deposed', [...started, [two, claimWish]], one, claimAgain, 'stop'],
    [
      'adoption after a stop',
      [...started, [one, stop('suspended')]],
      two,
      adoptWish,
      'There is no data plane to adopt.',
    ],
    ['adoption of another code', started, red, adoptWish, 'There is no data plane to adopt.'],
    ['another code after a crash', started, red, claimWish, 'claim'],
    ['a claim of oneself, to recover', started, one, claimWish, 'claim'],
    ['a manifest before any claim', [], one, publish(1), 'stop'],
    ['a manifest', started, one, publish(1), 'manifest'],
    ['a manifest of the deposed', [...started, [two, adoptWish]], one, publish(1), 'stop'],
    [
      'a manifest of an older attempt',
      [...started, [one, claimWish]],
      one,
      publish(1),
      'it is of attempt 1, and 2 runs',
    ],
    [
      'a checkpoint that is there',
      [...started, [one, publish(3)]],
      one,
      publish(3),
      'checkpoint 3 was published before',
    ],
    ['a manifest of another job', started, one, publish(1, 1, { jobUid: 'x' }), 'it is of the job x'],
    [
      'a manifest after a stop',
      [...started, [one, stop('cancelled')]],
      one,
      publish(1),
      'The job was cancelled.',
    ],
    ['a claim after a stop', [...started, [one, stop('suspended')]], two, claimWish, 'claim'],
    [
      'a hand-over without a cut',
      [...started, [one, publish(1)]],
      one,
      handOver,
      'its latest checkpoint is not a cut',
    ],
    [
      'a hand-over after a cut of an earlier term',
      [...started, [one, publish(1, 1, { kind: 'cut' })], [two, adoptWish]],
      two,
      handOver,
      'is not a cut of this term',
    ],
    [
      'a hand-over to oneself',
      [...started, [one, publish(1, 1, { kind: 'cut' })]],
      one,
      { kind: 'handOver', to: 'green' },
      'that is the deployment which runs it',
    ],
    [
      'a second hand-over',
      held,
      blue,
      { kind: 'handOver', to: 'red' },
      'the switch-over to blue has not ended',
    ],
    ['a checkpoint of the parked', handedOver, one, publish(2), 'the job was handed over to blue'],
    ['a claim of the next', handedOver, blue, claimWish, 'claim'],
    ['a claim of the parked, to roll back', handedOver, two, claimWish, 'claim'],
    ['a claim of a third meanwhile', handedOver, red, claimWish, 'and red is neither'],
    ['adoption by the next before it began', handedOver, blue, adoptWish, 'claim'],
    ['giving it back', held, blue, { kind: 'rolledBack', to: 2, owner: 'green' }, 'rolledBack'],
    [
      'giving it to somebody else',
      held,
      blue,
      { kind: 'rolledBack', to: 2, owner: 'red' },
      'red has not handed it over',
    ],
    ['a rollback of the parked itself', handedOver, one, rollBack(2), 'rolledBack'],
    [
      'a checkpoint before the rollback',
      [...held, [two, claimWish]],
      two,
      publish(3, 3),
      'not rolled back to green',
    ],
    [
      'a checkpoint behind it',
      [...held, [two, claimWish], [two, rollBack(2)]],
      two,
      publish(3, 3),
      'manifest',
    ],
    ['a rollback to held output', held, blue, rollBack(5), 'the new code is not released'],
    [
      'a rollback that repeats output',
      free,
      blue,
      rollBack(2),
      'output of checkpoints 2 to 2 is visible or may be',
    ],
    [
      'a rollback that repeats it on purpose',
      free,
      blue,
      { ...rollBack(2), repeats: true } as Wish,
      'rolledBack',
    ],
    ['a rollback to what is no checkpoint', held, blue, rollBack(4), 'that is no checkpoint that is kept'],
    ['a rollback after the release', free, blue, rollBack(5), 'rolledBack'],
    ['more of the rolled back', [...held, [blue, rollBack(2)]], blue, publish(3, 2), 'handed over to green'],
    [
      'a release by the old',
      [...held, [two, claimWish]],
      two,
      released,
      'no switch-over to it waits for that',
    ],
    ['a release', held, blue, released, 'released'],
    ['a release twice', free, blue, released, 'no switch-over to it waits for that'],
    ['a promotion without release', held, blue, promoted, 'no switch-over to it waits for that'],
    ['a promotion', free, blue, promoted, 'promoted'],
    ['a claim of a third after the release', free, red, claimWish, 'claim'],
    ['a stop while output is held', held, blue, stop('stopped'), 'output is held back by a switch-over'],
    ['a cancel while output is held', held, blue, stop('cancelled'), 'stopped'],
    ['the end with output to commit', free, blue, stop('finished'), 'output is prepared and not visible'],
    ['the end', [...free, [blue, commit('out', 'a1', 'a2')]], blue, stop('finished'), 'stopped'],
    ['a commit of the cut while held', held, blue, commit('out', 'a1'), 'committed'],
    ['a commit of held output', held, blue, commit('out', 'a2'), 'The committable a2 of out is held back'],
    ['a commit after the release', free, blue, commit('out', 'a1', 'a2'), 'committed'],
    [
      'a commit twice',
      [...free, [blue, commit('out', 'a2')]],
      blue,
      commit('out', 'a2'),
      'named by no manifest as pending',
    ],
    [
      'a commit of what nobody prepared',
      started,
      one,
      commit('out', 'a9'),
      'is named by no manifest as pending',
    ],
    ['a commit of the deposed', [...free, [two, claimWish]], blue, commit('out', 'a2'), 'stop'],
  ])('%s', (_what, steps, me, wish, expected) => {
    const found = outcome(steps, me, wish);
    if (/^[a-zA-Z]+$/.test(expected)) expect(found).toBe(expected);
    else expect(found).toContain(expected);
  });

  it('to recover begins the next attempt, to adopt keeps it', () => {
    const attemptOf = (wish: Wish): number | undefined => {
      const decision = decide(logOf(started).standing, two, wish);
      return decision.do === 'put' ? decision.attempt : undefined;
    };
    expect([attemptOf(claimWish), attemptOf(adoptWish)]).toEqual([2, 1]);
  });
});

describe('what may be made visible', () => {
  it.each<[string, readonly Step[], readonly string[]]>([
    ['nothing while nothing is published', started, []],
    ['what the cut named, while the new code is held', held, ['out: a1']],
    ['all that is pending after the release', free, ['out: a1 a2']],
    ['what the cut named, after the rollback', [...held, [two, claimWish], [two, rollBack(2)]], ['out: a1']],
    ['no more what was reported', [...free, [blue, commit('out', 'a1')]], ['out: a2']],
    [
      'all of the new code, when the old goes on from it',
      [...free, [two, claimWish], [two, rollBack(5)]],
      ['out: a1 a2'],
    ],
  ])('is %s', (_what, steps, expected) => {
    expect(sinkTexts(committable(logOf(steps).standing))).toEqual(expected);
  });

  it('must be aborted when a held deployment is rolled back', () => {
    const { standing } = logOf([...held, [blue, rollBack(2)]]);
    expect(sinkTexts(standing.aborted)).toEqual(['out: a2']);
    expect(standing.owner).toBe('green');
  });
});

describe('a permit', () => {
  it('is given to the leader alone, and only if nothing stands behind what it knows', () => {
    const { standing } = logOf(free);
    expect(leads(standing, blue)).toBe(true);
    const permit = CommitPermit.give(standing, blue, standing.number, theProtocol);
    expect(permit).toMatchObject({ term: 2, attempt: 2, entry: 6 });
    expect([permit?.allows('out', 'a2'), permit?.allows('out', 'a3'), permit?.allows('in', 'a2')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(CommitPermit.give(standing, blue, standing.number + 1, theProtocol)).toBeUndefined();
    expect(CommitPermit.give(standing, one, standing.number, theProtocol)).toBeUndefined();
  });
});

describe('the next entry', () => {
  const since = (steps: readonly Step[], retained: number): number | undefined =>
    logOf(steps, retained).entries.at(-1)?.since;
  const checkpoints = (from: number, to: number): Step[] =>
    Array.from({ length: to - from + 1 }, (_, at): Step => [one, publish(from + at)]);

  it('needs the kept checkpoints, and itself when there are none', () => {
    expect(since([...started, [two, claimWish]], 2)).toBe(2);
    expect(since([...started, ...checkpoints(1, 5)], 2)).toBe(5);
    expect(since([...started, ...checkpoints(1, 5), [two, adoptWish]], 2)).toBe(5);
    expect(since([...started, ...checkpoints(1, 5), [two, adoptWish]], 9)).toBe(2);
  });

  it('needs the cut until the switch-over has ended', () => {
    const more: readonly Step[] = [...free, [blue, publish(3, 2)], [blue, publish(4, 2)]];
    expect(since(more, 1)).toBe(2);
    expect(since([...more, [blue, promoted]], 1)).toBe(8);
  });

  it('needs what a rollback went back to', () => {
    const back: readonly Step[] = [...started, ...checkpoints(1, 3), [one, claimWish], [one, rollBack(3)]];
    expect(since(back, 2)).toBe(3);
    expect(since([...back, [one, publish(6, 2)]], 2)).toBe(3);
    expect(since([...back, [one, publish(6, 2)], [one, publish(7, 2)]], 2)).toBe(7);
  });
});
