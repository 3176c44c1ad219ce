import { describe, expect, it } from 'vitest';
import { revisionNameOf, written } from '../../../streamjob/job-table.ts';
import { runningRig } from '../plugin-rig.ts';

const [first, second] = [revisionNameOf(written('one')), revisionNameOf(written('two'))];

const file = (spec: unknown, name = 'counts'): Readonly<Record<string, string>> => ({
  '/job.yaml': JSON.stringify({
    apiVersion: 'millrace.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name },
    spec,
  }),
});

describe('kubectl millrace plan', () => {
  it('says what a manifest would do, and that none has been applied', async () => {
    const rig = await runningRig();
    const changed = file(written('two', { parallelism: 4, upgrade: { policy: 'Plan' } }));
    const { code, output } = await rig.call('plan counts -f job.yaml', changed);
    expect(code).toBe(0);
    expect(output.trimEnd().split('\n')).toEqual([
      '  spec.args.version    switch-over  "one" → "two"',
      '  spec.parallelism     rescale      2 → 4',
      '  spec.upgrade.policy  operator     "Auto" → "Plan"',
      '',
      `The revision ${second} starts beside ${first} and takes over at a checkpoint; records stand still for some tenths of a second. It is compared with the state first. It waits for kubectl millrace approve.`,
    ]);
    await rig.pass(100);
    expect(rig.status?.revision).toEqual({ current: first });
    const same = await rig.call('diff counts -f job.yaml', file(written('one')));
    expect(same.output).toBe('Nothing is to change.\n');
  });

  it('refuses what cannot change', async () => {
    const rig = await runningRig(written('one', { maxParallelism: 128 }));
    const { code, output, errors } = await rig.call(
      'plan counts -f job.yaml',
      file(written('one', { maxParallelism: 256 })),
    );
    expect(code).toBe(1);
    expect(output).toMatch(/^ {2}spec\.maxParallelism {2}immutable {2}128 → 256\n/);
    expect(errors).toBe('error: spec.maxParallelism cannot change over the life of a job.\n');
  });

  it('says what a change comes to that is on its way, with what its coordinator has found', async () => {
    const rig = await runningRig();
    expect((await rig.call('plan counts')).output).toBe('Nothing is to change.\n');
    rig.coordinators.conduct.set(second, { compatibility: 'incompatible' });
    await rig.apply(written('two'));
    await rig.until('refused', () => rig.status?.revision?.rejected === second);
    const { output } = await rig.call('plan counts');
    expect(output).toMatch(/^ {2}spec\.args\.version {2}switch-over {2}"one" → "two"\n/);
    expect(output).toContain(`The state does not fit, as the coordinator of ${second} has found:`);
    expect(JSON.parse((await rig.call('plan counts -o json')).output)).toMatchObject({
      current: first,
      wanted: second,
      plan: { result: 'Incompatible' },
    });
  });

  it('tells what is wrong with a manifest, and when it is of another job', async () => {
    const rig = await runningRig();
    const wrong = await rig.call('plan counts -f job.yaml', file({ job: {}, paralelism: 2 }));
    expect(wrong.code).toBe(1);
    expect(wrong.errors).toContain('Did you mean parallelism?');
    const other = await rig.call('plan counts -f job.yaml', file(written('one'), 'others'));
    expect(other.errors).toBe('error: job.yaml is of the job “others”, not of “counts”.\n');
    expect((await rig.call('plan counts -f nowhere.yaml')).errors).toMatch(
      /^error: The manifest cannot be read: /,
    );
  });
});
