import { describe, expect, it } from 'vitest';
import { ControllerRig } from './controller-rig.ts';
import { revisionNameOf, written } from './job-table.ts';

const one = written('one');
const back = written('one', { restore: { id: 'monday', savepoint: 'before' } });
const [first, second] = [revisionNameOf(one), revisionNameOf(back)];
const restored = { id: 'monday', from: 'savepoint before' };
const complete = { phase: 'Completed', path: 'memory/jobs/uid-1/savepoints/before' } as const;

const running = async (spec: unknown = one): Promise<ControllerRig> => {
  const rig = new ControllerRig();
  rig.coordinators.conduct.set(second, { restored });
  rig.startOperator();
  await rig.apply(spec);
  return rig;
};
const conditionOf = (rig: ControllerRig, condition: string) =>
  rig.status?.conditions?.find(({ type }) => type === condition);
const isReady = (rig: ControllerRig): boolean => conditionOf(rig, 'Ready')?.status === 'True';

describe('a job that is to go back', () => {
  it('stops what runs when the next revision is there, which takes over then, and says so', async () => {
    const rig = await running();
    await rig.until('it runs', () => rig.status?.phase === 'Running');
    rig.savepoints.set('before', complete);
    await rig.apply(back);
    await rig.until('it went back', () => rig.status?.restored?.id === 'monday' && isReady(rig));
    expect(rig.coordinators.asked.filter((asked) => /handOver|prepare|suspend|takeOver/.test(asked))).toEqual(
      [`${second} prepareDeployment`, `${first} suspend`, expect.stringMatching(`${second} takeOver`)],
    );
    await rig.until('the old pods go', () => rig.pods.length === 3);
    expect(rig.status?.revision).toEqual({ current: second });
    expect(rig.status?.restored).toEqual(restored);
    expect(rig.notices.filter(({ reason }) => reason === 'Restored')).toEqual([
      {
        type: 'Normal',
        reason: 'Restored',
        message: 'The job went back to savepoint before, as spec.restore monday says',
      },
    ]);
    const coordinator = rig.pods.find(({ metadata }) => metadata.name.includes('coordinator'));
    expect(JSON.stringify(coordinator?.spec)).toContain(
      '{"name":"MILLRACE_RESTORE_SAVEPOINT","value":"memory/jobs/uid-1/savepoints/before"}',
    );
  });

  it('runs on when the wish is taken out of the spec again, also without the savepoint', async () => {
    const rig = await running();
    await rig.until('it runs', () => rig.status?.phase === 'Running');
    rig.savepoints.set('before', complete);
    await rig.apply(back);
    await rig.until('it went back', () => rig.status?.restored?.id === 'monday' && isReady(rig));
    rig.savepoints.clear();
    await rig.apply(written('one', { restore: { previous: 'Ignore' } }));
    await rig.until('seen', () => rig.status?.observedGeneration === rig.job()?.metadata.generation);
    await rig.pass(2000);
    expect(rig.status?.revision).toEqual({ current: second });
    expect(rig.coordinators.statusOf(second)?.attempt).toBe(2);
    expect(isReady(rig)).toBe(true);
  });

  it('is stalled while there is no such savepoint, with all that runs untouched, and goes back when there is', async () => {
    const rig = await running();
    await rig.until('it runs', () => rig.status?.phase === 'Running');
    await rig.apply(back);
    await rig.until('stalled', () => conditionOf(rig, 'Stalled')?.status === 'True');
    expect(conditionOf(rig, 'Stalled')?.message).toContain('the Savepoint “before” does not exist');
    expect(rig.coordinators.statusOf(first)?.state).toBe('running');
    rig.savepoints.set('before', { phase: 'InProgress' });
    await rig.until('told', () => conditionOf(rig, 'Stalled')?.message.includes('InProgress') === true);
    rig.savepoints.set('before', complete);
    await rig.until('it went back', () => rig.status?.restored?.id === 'monday' && isReady(rig));
  });

  it('is stalled by what its coordinator refuses, with all that runs untouched, and runs on when the wish is gone', async () => {
    const rig = await running();
    await rig.until('it runs', () => rig.status?.phase === 'Running');
    const time = written('one', { restore: { id: 'tuesday', time: '1999-01-01T00:00:00Z' } });
    const words = { code: 'not-found', message: 'The job has no checkpoint of 1999-01-01.', hint: 'See.' };
    rig.fates.set(`${revisionNameOf(time)} coordinator`, {
      kind: 'crashes',
      exitCode: 2,
      reason: 'Error',
      message: JSON.stringify(words),
    });
    await rig.apply(time);
    await rig.until('stalled', () => conditionOf(rig, 'Stalled')?.reason === 'CannotStart');
    expect(conditionOf(rig, 'Stalled')?.message).toBe('The job has no checkpoint of 1999-01-01. See.');
    expect(rig.coordinators.statusOf(first)?.state).toBe('running');
    await rig.apply(one);
    await rig.until('in force again', () => isReady(rig) && rig.pods.length === 3);
    expect(rig.coordinators.statusOf(first)?.attempt).toBe(1);
  });

  it('goes back at its first start too', async () => {
    const rig = new ControllerRig();
    rig.coordinators.conduct.set(second, { restored });
    rig.savepoints.set('before', complete);
    rig.startOperator();
    await rig.apply(back);
    await rig.until('it went back', () => rig.status?.restored?.id === 'monday' && isReady(rig));
    expect(rig.status?.revision).toEqual({ current: second });
  });
});

it('a revision that is to keep no state begins when the one that runs has stopped', async () => {
  const rig = await running();
  await rig.until('it runs', () => rig.status?.phase === 'Running');
  const anew = written('two', { upgrade: { mode: 'Stateless' } });
  const next = revisionNameOf(anew);
  await rig.apply(anew);
  await rig.until('promoted', () => rig.status?.revision?.current === next && isReady(rig));
  expect(rig.coordinators.asked.filter((asked) => /handOver|suspend/.test(asked))).toEqual([
    `${first} suspend`,
  ]);
  await rig.until('the old pods go', () => rig.pods.length === 3);
  expect(rig.status?.restored).toBeUndefined();
});
