import { describe, expect, it } from 'vitest';
import { markedCheckpoint } from '../../src/checkpoint/standby-marks.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { Hold, until } from './stored-job.ts';
import { expectedTicks, ticksOf, UpgradeRig, type Version } from './upgrade-rig.ts';

type Process = Awaited<ReturnType<UpgradeRig['deploy']>>;

const phaseOf = ({ job }: Process): string => job.changes.upgrade.status?.phase ?? 'none';
const givingOf = ({ job }: Process): string => job.changes.handOver?.status?.phase ?? 'none';

/** A job whose deployment *one* runs, and *two* stands by. */
const besides = async (next: Partial<Version> = {}, first: Partial<Version> = {}) => {
  const rig = new UpgradeRig({ name: 'one' }, new Hold(2));
  const one = await rig.deploy({ name: 'one', ...first });
  await until(() => rig.outlet.committed.length > 0);
  const two = await rig.deploy({ name: 'two', ...next });
  await until(() => phaseOf(two) !== 'none');
  /** What has come out when the deployment that runs it has come to the end of its input. */
  const end = async ({ job }: Process) => {
    rig.hold.release();
    const { state } = await job.ended;
    const isExact = JSON.stringify(ticksOf(rig.outlet.visible)) === JSON.stringify(expectedTicks());
    return { state, isExact };
  };
  const by = (name: string): boolean => rig.outlet.visible.some((row) => row.by === name);
  return { rig, one, two, end, by };
};

const handOver = async ({ one, two }: { readonly one: Process; readonly two: Process }): Promise<void> => {
  await two.control.prepareDeployment({ revision: 'two' });
  await until(() => phaseOf(two) === 'prepared');
  await one.control.handOver({ to: 'two', sequence: 1 });
};

const exact = { state: 'finished', isExact: true };
const bug = () => {
  let seen = 0;
  return () => {
    seen++;
    if (seen > 5) throw new Error('a bug');
  };
};

describe('a job that is handed over to another deployment', () => {
  it('is prepared there, cut here, held, released and promoted, and this one ends', async () => {
    const there = await besides();
    const { one, two, end, by, rig } = there;
    expect(await two.control.getStatus({})).toMatchObject({
      role: 'standby',
      deployment: 'two',
      state: 'created',
    });
    expect(await two.control.getNextDeployment({})).toMatchObject({
      phase: 'planned',
      revision: 'two',
      compatibility: 'compatible',
    });
    await handOver(there);
    await until(() => phaseOf(two) === 'held');
    expect(one.job.changes.role).toBe('handedOver');
    expect(await one.control.getHandOver({})).toMatchObject({ phase: 'handedOver', to: 'two', sequence: 1 });
    expect(one.job.state).toBe('handedOver');
    await until(() => phaseOf(two) === 'promoted');
    expect(await one.job.ended).toMatchObject({ state: 'replaced' });
    expect(givingOf(one)).toBe('promoted');
    const status = await two.control.getStatus({});
    expect(status).toMatchObject({
      role: 'leading',
      revision: 'two',
      lastUpgrade: { from: 'one', to: 'two', outcome: 'done' },
    });
    expect(await end(two)).toEqual(exact);
    expect(by('two')).toBe(true);
    expect(await rig.store.list('jobs/ticks/standby/')).toEqual([]);
  });

  it('comes back to the cut when the other one fails while its output is held', async () => {
    const there = await besides({ see: bug() });
    const { one, two, end, by } = there;
    await handOver(there);
    await until(() => phaseOf(two) === 'rolledBack');
    expect(await two.control.getNextDeployment({})).toMatchObject({
      reason: expect.stringContaining('a bug'),
    });
    await until(() => one.job.state === 'running');
    expect(one.job.changes.role).toBe('leading');
    expect(await one.control.getHandOver({})).toMatchObject({
      phase: 'rolledBack',
      reason: 'the other deployment has given it back',
    });
    expect(await two.control.getStatus({})).toMatchObject({ role: 'standby', state: 'handedOver' });
    expect(await end(one)).toEqual(exact);
    expect(by('two')).toBe(false);
    await two.job.cancel();
  });

  it('goes on behind what was released when somebody takes it back', async () => {
    const there = await besides({ trial: { windowMs: 1e6 } });
    const { one, two, end, by } = there;
    await handOver(there);
    await until(() => phaseOf(two) === 'released');
    await two.control.rollBackDeployment({ revision: 'two' });
    await until(() => one.job.state === 'running');
    expect(await end(one)).toEqual(exact);
    expect(by('two')).toBe(true);
    await two.job.cancel();
  });

  it('can be handed over again after that', async () => {
    const there = await besides({ trial: { windowMs: 1e6 } });
    const { one, two, end } = there;
    await handOver(there);
    await until(() => phaseOf(two) === 'released');
    await two.control.rollBackDeployment({ revision: 'two' });
    await until(() => one.job.state === 'running');
    await handOver(there);
    await until(() => phaseOf(two) === 'released');
    expect(await end(two)).toEqual(exact);
    await one.job.cancel();
  });

  it('does not fit, is told so before anything is touched, and runs on', async () => {
    const { one, two, end } = await besides({}, { state: { version: 2, migrate: (value) => value } });
    expect(await two.control.getNextDeployment({})).toMatchObject({ compatibility: 'incompatible' });
    const prepared = async () => await two.control.prepareDeployment({ revision: 'two' });
    await expect(prepared()).rejects.toThrow('The state of the job does not fit');
    const taken = async () => await two.control.takeOver({ revision: 'two' });
    await expect(taken()).rejects.toThrow('The state of the job does not fit');
    expect(await end(one)).toEqual(exact);
    await two.job.cancel();
  });

  it('waits for somebody to agree, when that is wished', async () => {
    const { one, two, end } = await besides({ waitsForApproval: true });
    await two.control.prepareDeployment({ revision: 'two' });
    expect(phaseOf(two)).toBe('awaitingApproval');
    await two.control.approveDeployment({ revision: 'two' });
    await until(() => phaseOf(two) === 'prepared');
    await two.control.rollBackDeployment({ revision: 'two' });
    await until(() => phaseOf(two) === 'rolledBack');
    expect(await end(one)).toEqual(exact);
    await two.job.cancel();
  });

  it('is prepared again when it was restarted meanwhile', async () => {
    const there = await besides();
    const { one, two, end, rig } = there;
    await two.control.prepareDeployment({ revision: 'two' });
    await until(() => phaseOf(two) === 'prepared');
    await one.job.redeploy('a test');
    const store = storeUnder(rig.store, 'jobs/ticks/');
    await until(() => one.job.attempt === 2 && one.job.state === 'running');
    await one.control.handOver({ to: 'two' });
    await until(() => phaseOf(two) === 'promoted');
    expect(two.job.attempt).toBe(3);
    expect(await markedCheckpoint(store, 'two', 3)).toBeUndefined();
    expect(await end(two)).toEqual(exact);
  });

  it('is taken over from the latest checkpoint when nobody is there to cut', async () => {
    const { one, two, end } = await besides();
    await one.job.takeCheckpoint('checkpoint');
    await two.control.takeOver({ revision: 'two' });
    await until(() => two.job.state === 'running');
    expect(phaseOf(two)).toBe('promoted');
    expect((await one.job.ended).state).toBe('failed');
    expect(await end(two)).toEqual(exact);
  });

  it('is looked on by a process that was started while it is elsewhere', async () => {
    const there = await besides({ trial: { windowMs: 1e6 } });
    const { one, two, rig, end } = there;
    await handOver(there);
    await until(() => phaseOf(two) === 'released');
    await one.job.cancel();
    const again = await rig.deploy({ name: 'one' });
    expect(again.job.changes.role).toBe('handedOver');
    await two.control.rollBackDeployment({ revision: 'two' });
    await until(() => again.job.state === 'running');
    expect(await end(again)).toEqual(exact);
    await two.job.cancel();
  });

  it('is left alone when it is over, by whichever deployment is started', async () => {
    const { one, two, end, rig } = await besides();
    expect(await end(one)).toEqual(exact);
    await two.job.cancel();
    const entries = (await rig.store.list('jobs/ticks/log/')).length;
    const again = await rig.deploy({ name: 'two' }, 'finished');
    expect((await again.job.ended).state).toBe('finished');
    expect((await rig.store.list('jobs/ticks/log/')).length).toBe(entries);
  });

  it('is refused by who has nothing to give, and by who has heard a later wish', async () => {
    const { one, two, end } = await besides();
    const asked = async (process: Process, sequence: number) =>
      await process.control.handOver({ to: 'two', sequence });
    await expect(asked(two, 1)).rejects.toThrow('cannot be handed over now');
    await asked(one, 5);
    await expect(asked(one, 4)).rejects.toThrow('comes behind one of number 5');
    await expect(one.job.changes.rescale(3)).rejects.toThrow('Another switch-over');
    expect(await end(one)).toEqual(exact);
    await two.job.cancel();
  });
});
