import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { events } from '../../../../src/kube/kinds.ts';
import { answered } from '../../../dev/support.ts';
import { revisionNameOf, written } from '../../../streamjob/job-table.ts';
import { type PluginRig, runningRig } from '../plugin-rig.ts';

const first = revisionNameOf(written('one'));

const tellEvent = (rig: PluginRig, message: string): Promise<unknown> => {
  const time = new Date(rig.machine.system.clock.nowMs()).toISOString();
  const { uid = '', resourceVersion = '' } = rig.job()?.metadata ?? {};
  return answered(
    rig.machine,
    rig.client.create(events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: 'default', name: `counts.${message.length}` },
      involvedObject: {
        apiVersion: 'millrace.dev/v1alpha1',
        kind: 'StreamJob',
        namespace: 'default',
        name: 'counts',
        uid,
        resourceVersion,
      },
      type: 'Normal',
      reason: 'Running',
      message,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 2,
      source: { component: 'millrace-operator' },
      reportingComponent: 'millrace-operator',
      reportingInstance: 'one',
    }),
  );
};

describe('kubectl millrace status', () => {
  it('shows all jobs of a namespace, or of all', async () => {
    const rig = await runningRig();
    const { code, output } = await rig.call('status');
    expect(code).toBe(0);
    expect(output).toMatch(/^NAME +PHASE +READY +SLOTS +REVISION +CHECKPOINT +LAST PAUSE +AGE\n/);
    expect(output).toMatch(new RegExp(`counts +Running +True +2 +${first} `));
    expect((await rig.call('status -n elsewhere')).output).toBe('No StreamJobs here.\n');
    expect((await rig.call('status -A -o wide')).output).toMatch(
      /default +counts .* The job runs with 2 slots\./,
    );
  });

  it('shows one job, a fact a line', async () => {
    const rig = await runningRig();
    const { output } = await rig.call('status counts');
    expect(output).toContain('default/counts, ');
    expect(output).toContain('  phase       Running: The job runs with 2 slots.');
    expect(output).toContain(`  revision    ${first}`);
  });

  it('gives the objects themselves to programs', async () => {
    const rig = await runningRig();
    const job: unknown = JSON.parse((await rig.call('status counts -o json')).output);
    expect(job).toMatchObject({ kind: 'StreamJob', status: { phase: 'Running' } });
    const list: unknown = parse((await rig.call('status -o yaml')).output);
    expect(list).toMatchObject({ kind: 'List', items: [{ kind: 'StreamJob' }] });
  });

  it('says which jobs there are when it is asked for another', async () => {
    const rig = await runningRig();
    const { code, errors } = await rig.call('status cuonts');
    expect(code).toBe(1);
    expect(errors).toBe(
      'error: There is no StreamJob “cuonts” in the namespace “default”. There are: counts.\n',
    );
    expect((await rig.call('status counts -n jobs')).errors).toContain('is it the right -n?');
  });
});

describe('kubectl millrace explain', () => {
  it('says that nothing is wrong, and what has happened', async () => {
    const rig = await runningRig();
    await tellEvent(rig, 'The job runs with 2 slots.');
    const { output } = await rig.call('explain counts');
    expect(output).toMatch(/^counts: Nothing is wrong\. The job runs with 2 slots\.\n\nConditions\n/);
    expect(output).toMatch(/\nPods\n {2}counts-\w+-coordinator-/);
    expect(output).toMatch(/\nEvents\n.* ago +Normal +Running +The job runs with 2 slots\. \(2 times\)\n$/);
  });

  it('names the pod that cannot start as the cause', async () => {
    const rig = await runningRig();
    const third = revisionNameOf(written('three'));
    rig.fates.set(`${third} coordinator`, { kind: 'noImage', message: 'not found' });
    await rig.apply(written('three'));
    await rig.until('told', () => JSON.stringify(rig.status?.conditions).includes('ImagePullBackOff'));
    const { output } = await rig.call('explain counts');
    expect(output).toMatch(/^counts: counts-\w+-coordinator-\w+: \w+ cannot start: ImagePullBackOff, /);
    expect(JSON.parse((await rig.call('explain counts -o json')).output)).toHaveProperty('cause');
  });

  it('says so when no operator has looked', async () => {
    const rig = await runningRig();
    rig.killOperators();
    await rig.apply(written('two'));
    const { output } = await rig.call('explain counts');
    expect(output).toMatch(
      /^counts: No operator has looked at its generation 2; the last one that was seen is 1\./,
    );
  });
});

describe('kubectl millrace tree', () => {
  it('shows revisions, sets and pods', async () => {
    const rig = await runningRig();
    const { output } = await rig.call('tree counts');
    const shape = output.replaceAll(/-\w{5} {2}/g, '-POD  ').replaceAll(/\d+s$/gm, 'AGE');
    expect(shape.trimEnd().split('\n')).toEqual([
      'StreamJob default/counts  Running  Running  AGE',
      `└─ Revision ${first}  current`,
      `   ├─ ReplicaSet counts-${first}-coordinator  1/1 ready`,
      `   │  └─ Pod counts-${first}-coordinator-POD  Running  ready  AGE`,
      `   └─ ReplicaSet counts-${first}-worker  2/2 ready`,
      `      ├─ Pod counts-${first}-worker-POD  Running  ready  AGE`,
      `      └─ Pod counts-${first}-worker-POD  Running  ready  AGE`,
    ]);
    expect(JSON.parse((await rig.call('tree counts -o json')).output)).toHaveProperty('children');
  });
});

describe('a call that makes no sense', () => {
  it('is told so, and gives the code 2', async () => {
    const rig = await runningRig();
    expect((await rig.call('statsu')).code).toBe(2);
    expect((await rig.call('explain')).errors).toContain("missing required argument 'name'");
    expect((await rig.call('--help')).output).toContain('kubectl millrace explain shop');
  });
});
