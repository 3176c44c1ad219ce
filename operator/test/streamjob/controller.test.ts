import { describe, expect, it, vi } from 'vitest';
import { ControllerRig } from './controller-rig.ts';
import { revisionNameOf, written } from './job-table.ts';

const one = written('one');
const two = written('two', { upgrade: { stability: { window: '0s' } } });
const [first, second] = [revisionNameOf(one), revisionNameOf(two)];

const running = async (spec: unknown = one): Promise<ControllerRig> => {
  const rig = new ControllerRig();
  rig.startOperator();
  await rig.apply(spec);
  await rig.until('it runs', () => rig.status?.phase === 'Running');
  return rig;
};
const isTrue = (rig: ControllerRig, condition: string): boolean =>
  rig.status?.conditions?.some(({ type, status }) => type === condition && status === 'True') === true;
const readyOf = (rig: ControllerRig): string | undefined =>
  rig.status?.conditions?.find(({ type }) => type === 'Ready')?.status;

describe('a StreamJob in a cluster', () => {
  it('runs with a coordinator and its workers, and is left alone then', async () => {
    const rig = await running();
    expect(rig.sets.map(({ metadata, spec }) => `${metadata.name} ${spec.replicas}`).toSorted()).toEqual([
      `counts-${first}-coordinator 1`,
      `counts-${first}-worker 2`,
    ]);
    expect(readyOf(rig)).toBe('True');
    expect(rig.failures).toEqual([]);
    await rig.pass(200);
    const before = rig.version;
    await rig.pass(10_000);
    expect(rig.version).toBe(before);
  });

  it('has a status after the first look, on top of its own finalizer', async () => {
    const rig = new ControllerRig();
    const written = vi.spyOn(rig.client, 'applyStatus');
    rig.startOperator();
    await rig.apply(one);
    await rig.until('it runs', () => rig.status?.phase === 'Running');
    expect(written.mock.settledResults.filter(({ type }) => type === 'rejected')).toEqual([]);
  });

  it('is not written of by an operator that begins anew', async () => {
    const rig = await running();
    await rig.pass(200);
    const before = rig.version;
    rig.killOperators();
    rig.startOperator();
    await rig.pass(10_000);
    expect(rig.version).toBe(before);
  });

  it('gets more slots, and fewer', async () => {
    const rig = await running();
    await rig.apply(written('one', { parallelism: 4 }));
    await rig.until('4 slots', () => rig.status?.replicas === 4 && rig.status.phase === 'Running');
    expect(rig.pods.length).toBe(5);
    await rig.apply(written('one', { parallelism: 1 }));
    await rig.until('1 worker', () => rig.pods.length === 2 && rig.status?.replicas === 1);
    expect(rig.coordinators.asked.filter((asked) => asked.endsWith('setParallelism')).length).toBe(2);
  });

  it('is upgraded beside what runs, and the revision before goes when the next one is promoted', async () => {
    const rig = await running();
    await rig.apply(two);
    await rig.until(
      'promoted',
      () => rig.status?.revision?.current === second && rig.status.phase === 'Running',
    );
    await rig.until('the old pods go', () => rig.pods.length === 3);
    expect(rig.sets.every(({ metadata }) => metadata.name.includes(second))).toBe(true);
    expect(rig.coordinators.asked.filter((asked) => /handOver|prepare|suspend|takeOver/.test(asked))).toEqual(
      [`${second} prepareDeployment`, `${first} handOver`],
    );
    expect(rig.failures).toEqual([]);
  });

  it('is upgraded all the same when its status is lost at any moment of that, and the operator with it', async () => {
    const moments: ((rig: ControllerRig) => boolean)[] = [
      (rig) => rig.status?.revision?.next === second,
      (rig) => rig.coordinators.asked.some((asked) => asked.endsWith('prepareDeployment')),
      (rig) => rig.coordinators.asked.some((asked) => asked.endsWith('handOver')),
      (rig) => rig.status?.conditions?.some(({ reason }) => reason === 'OnTrial') === true,
      (rig) => rig.coordinators.statusOf(first)?.state === 'replaced',
    ];
    for (const [i, isThen] of moments.entries()) {
      const rig = await running();
      await rig.apply(two);
      await rig.until(`moment ${i}`, () => isThen(rig));
      rig.killOperators();
      rig.loseStatus();
      rig.startOperator();
      await rig.until('promoted', () => rig.status?.revision?.current === second && readyOf(rig) === 'True');
      await rig.until('the old pods go', () => rig.pods.length === 3);
      expect(rig.status?.attempt, `moment ${i}`).toBe(2);
    }
  });

  it('goes back when the next revision fails on trial, and does not try it again', async () => {
    const rig = await running();
    rig.coordinators.conduct.set(second, { failsOnTrial: true });
    await rig.apply(two);
    await rig.until('rolled back', () => rig.status?.revision?.rejected === second);
    await rig.until('the pods of the failed one go', () => rig.pods.length === 3);
    expect(rig.status?.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
      reason: 'RolledBack',
    });
    await rig.until('records flow', () => isTrue(rig, 'Healthy'));
    await rig.pass(5000);
    expect(rig.status?.revision).toEqual({ current: first, rejected: second });
    await rig.apply(one);
    await rig.until('in force again', () => readyOf(rig) === 'True');
  });

  it('runs on where the next revision does not fit, or its image is nowhere', async () => {
    const rig = await running();
    rig.coordinators.conduct.set(second, { compatibility: 'incompatible' });
    await rig.apply(two);
    await rig.until('refused', () => rig.status?.revision?.rejected === second);
    expect(rig.coordinators.statusOf(first)?.state).toBe('running');
    const third = revisionNameOf(written('three'));
    rig.fates.set(`${third} coordinator`, { kind: 'noImage', message: 'not found' });
    await rig.apply(written('three'));
    await rig.until(
      'told',
      () => rig.status?.conditions?.some(({ message }) => message.includes('ImagePullBackOff')) === true,
    );
    expect(rig.coordinators.statusOf(first)?.state).toBe('running');
    await rig.apply(one);
    await rig.until('in force again', () => readyOf(rig) === 'True' && rig.pods.length === 3);
  });

  it('is suspended without pods, and goes on', async () => {
    const rig = await running();
    await rig.apply(written('one', { state: 'Suspended' }));
    await rig.until('no pods', () => rig.pods.length === 0 && rig.status?.phase === 'Suspended');
    expect(readyOf(rig)).toBe('True');
    await rig.apply(one);
    await rig.until('it runs', () => rig.status?.phase === 'Running' && rig.pods.length === 3);
    expect(rig.status?.attempt).toBe(2);
  });

  it('takes a last savepoint when it is deleted, and everything goes with it', async () => {
    const rig = await running();
    const job = rig.job();
    const gone = rig.client.remove(
      { group: 'millrace.dev', version: 'v1alpha1', kind: 'StreamJob', plural: 'streamjobs' },
      { namespace: 'default', name: 'counts' },
      { uid: job?.metadata.uid ?? '' },
    );
    await rig.until(
      'all gone',
      () => rig.job() === undefined && rig.pods.length === 0 && rig.sets.length === 0,
    );
    await gone;
    expect(rig.coordinators.asked.filter((asked) => asked.endsWith(' stop')).length).toBe(1);
  });
});
