import { describe, expect, it } from 'vitest';
import { kindOf, namespaceKind } from '../../src/dev/store/kinds.ts';
import { pods, streamJobs } from '../../src/kube/kinds.ts';
import { roleLabel } from '../../src/streamjob/names.ts';
import { FaultClient } from '../dev/fault-client.ts';
import { type CallFault, faultAtWrite, noFaults } from '../dev/faults.ts';
import { ControllerRig } from './controller-rig.ts';
import { written } from './job-table.ts';

const spec = (deletion: object): unknown => written('one', { deletion: { data: 'Delete', ...deletion } });
const at = { namespace: 'default', name: 'counts' };

/** A rig in which a pod of maintenance tells what there was when it began. */
const watched = (): { readonly rig: ControllerRig; readonly begun: string[] } => {
  const rig = new ControllerRig();
  const begun: string[] = [];
  rig.store.log.listen(({ before, after }) => {
    if (before !== undefined || after?.metadata.labels?.[roleLabel] !== 'maintenance') return;
    const others = rig.pods.filter(({ metadata }) => metadata.labels?.[roleLabel] !== 'maintenance');
    begun.push(`${after.kind} beside ${others.length}`);
  });
  return { rig, begun };
};

const isRunning = (rig: ControllerRig): boolean =>
  rig.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

const remove = (rig: ControllerRig): void => {
  void rig.client.remove(streamJobs, at, { uid: rig.job()?.metadata.uid ?? '' });
};

const isGone = (rig: ControllerRig): boolean =>
  rig.job() === undefined && rig.sets.length === 0 && rig.pods.length === 0;

const run = async (rig: ControllerRig, deletion: object = { savepoint: 'Skip' }): Promise<void> => {
  rig.startOperator();
  await rig.apply(spec(deletion));
  await rig.until('it runs', () => isRunning(rig));
};

const reasons = (rig: ControllerRig): readonly string[] => rig.notices.map(({ reason }) => reason);

describe('a job that is deleted with its data', () => {
  it('goes when a pod has removed its state, which begins when no other pod is left', async () => {
    const { rig, begun } = watched();
    await run(rig);
    expect(rig.job()?.metadata.finalizers).toEqual(['millrace.dev/finalizer']);
    remove(rig);
    await rig.until('it is gone', () => isGone(rig));
    expect(begun).toEqual(['Pod beside 0']);
    const notice = rig.notices.find(({ reason }) => reason === 'DataRemoved');
    expect(notice?.message).toContain('7 objects');
  });

  it('takes its last savepoint before', async () => {
    const { rig, begun } = watched();
    await run(rig, { savepoint: 'Take' });
    remove(rig);
    await rig.until('it is gone', () => isGone(rig), 60_000);
    expect(begun).toEqual(['Pod beside 0']);
    expect(reasons(rig)).toContain('TakingSavepoint');
  });

  it('says why its state cannot be removed, and goes when its time is over', async () => {
    const rig = new ControllerRig();
    const words = JSON.stringify({ message: 'The store does not answer.' });
    rig.fates.set('maintenance', { kind: 'crashes', exitCode: 1, reason: 'Error', message: words });
    await run(rig, { savepoint: 'Skip', timeout: '30s' });
    remove(rig);
    const says = (text: string) => (): boolean =>
      rig.status?.conditions?.some(({ message }) => message.includes(text)) === true;
    await rig.until('it says so', says('The store does not answer.'));
    await rig.until('it is gone', () => isGone(rig), 40_000);
    const left = rig.notices.find(({ reason }) => reason === 'DataLeft');
    expect(left?.message).toContain('The store does not answer.');
    expect(left?.message).toContain('http://minio:9000: s3://snapshots/millrace/jobs/');
  });

  it.each([
    ['its image cannot be pulled', { kind: 'noImage', message: 'no such image' }, 'no such image'],
    ['no node has room for it', { kind: 'unschedulable', message: 'too little memory' }, 'too little memory'],
  ] as const)('goes when its time is over although %s', async (_what, fate, why) => {
    const rig = new ControllerRig();
    rig.fates.set('maintenance', fate);
    await run(rig, { savepoint: 'Skip', timeout: '20s' });
    remove(rig);
    await rig.until('it is gone', () => isGone(rig), 30_000);
    expect(rig.notices.find(({ reason }) => reason === 'DataLeft')?.message).toContain(why);
  });

  it('is tried by another pod where one was taken away', async () => {
    const { rig, begun } = watched();
    rig.fates.set('maintenance', { kind: 'runs' });
    await run(rig);
    remove(rig);
    await rig.until(
      'a pod works',
      () => rig.pods.some(({ status }) => status?.phase === 'Running') && begun.length === 1,
    );
    const [pod] = rig.pods;
    rig.fates.delete('maintenance');
    const { namespace = '', name = '', uid = '' } = pod?.metadata ?? {};
    void rig.client.remove(pods, { namespace, name }, { uid });
    await rig.until('it is gone', () => isGone(rig), 60_000);
    expect(begun).toHaveLength(2);
  });

  it('goes at once with its namespace, where no pod can be made, and says where its state is left', async () => {
    const rig = new ControllerRig();
    const kind = kindOf({ group: '', plural: 'namespaces' }) ?? namespaceKind;
    rig.store.create(kind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
    await run(rig, { savepoint: 'Skip', timeout: '1h' });
    rig.store.remove(kind, { namespace: '', name: 'default' }, {});
    remove(rig);
    await rig.until('it is gone', () => isGone(rig), 60_000);
    expect(reasons(rig)).toContain('DataLeft');
  });

  it('makes an account where a cloud knows it by annotations, and leaves none behind', async () => {
    const rig = new ControllerRig();
    rig.startOperator();
    const annotated = { serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': 'arn' } } };
    await rig.apply({ ...(spec({ savepoint: 'Skip' }) as object), ...annotated });
    await rig.until('it runs', () => isRunning(rig));
    remove(rig);
    await rig.until('it is gone', () => isGone(rig), 60_000);
    await rig.pass(500);
    const accounts = kindOf({ group: '', plural: 'serviceaccounts' });
    expect(accounts === undefined ? undefined : rig.store.all(accounts)).toEqual([]);
  });
});

describe('an operator that dies while a job is deleted with its data', () => {
  it('is followed by one that removes it all the same', { timeout: 300_000 }, async () => {
    const liveWith = async (number: number, fault: CallFault | undefined): Promise<number> => {
      const { rig, begun } = watched();
      const { timers } = rig.machine.system;
      const plan = fault === undefined ? noFaults : faultAtWrite(number, fault);
      const client = new FaultClient(rig.client, timers, plan, () => {
        rig.killOperators();
        timers.after(40, () => rig.startOperator());
      });
      rig.startOperator(client);
      await rig.apply(spec({ savepoint: 'Take' }));
      await rig.until('it runs', () => isRunning(rig));
      remove(rig);
      await rig.until(`it is gone (${fault} ${number})`, () => isGone(rig), 100_000);
      expect(begun[0]).toBe('Pod beside 0');
      expect(reasons(rig)).not.toContain('DataLeft');
      return client.writes.length;
    };
    const writes = await liveWith(0, undefined);
    expect(writes).toBeGreaterThan(15);
    for (const fault of ['crashAfter', 'crashBefore'] satisfies readonly CallFault[])
      for (let number = 1; number <= writes; number++) await liveWith(number, fault);
  });
});
