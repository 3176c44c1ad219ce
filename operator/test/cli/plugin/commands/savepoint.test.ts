import { describe, expect, it } from 'vitest';
import { type Kind, kindOf } from '../../../../src/dev/store/kinds.ts';
import { savepoints } from '../../../../src/kube/kinds.ts';
import { answered } from '../../../dev/support.ts';
import { type PluginRig, runningRig } from '../plugin-rig.ts';

/** What the controller of savepoints would write. */
const tell = async (rig: PluginRig, name: string, status: object): Promise<void> => {
  const at = { namespace: 'default', name };
  const made = await answered(rig.machine, rig.client.get(savepoints, at));
  if (made === undefined) throw new Error('There is no such Savepoint.');
  const { apiVersion, kind, metadata } = made;
  const object = { apiVersion, kind, metadata: at, spec: {}, status } as const;
  await answered(rig.machine, rig.client.applyStatus(savepoints, object, { uid: metadata.uid }));
};

describe('kubectl millrace savepoint', () => {
  it('creates a Savepoint, named by the job and the time', async () => {
    const rig = await runningRig();
    const { output } = await rig.call('savepoint counts');
    const [, name = ''] = /^savepoint\.millrace\.dev\/(\S+) is asked for\n$/.exec(output) ?? [];
    expect(name).toMatch(/^counts-20260105t\d{6}$/);
    const at = { namespace: 'default', name };
    expect(await answered(rig.machine, rig.client.get(savepoints, at))).toMatchObject({
      spec: { jobRef: { name: 'counts' }, disposal: 'Retain' },
    });
  });

  it('waits until it is complete, where that is wanted', async () => {
    const rig = await runningRig();
    const waiting = rig.call('savepoint counts --as before --dispose --wait');
    const kind = kindOf(savepoints) as Kind;
    await rig.until('it is there', () => rig.store.all(kind).length === 1);
    await tell(rig, 'before', { phase: 'Completed', path: 'jobs/1/savepoints/before', bytes: 17 });
    expect((await waiting).output).toBe(
      'savepoint.millrace.dev/before is asked for\n' +
        'savepoint.millrace.dev/before is complete: 17 bytes in jobs/1/savepoints/before\n',
    );
    const twice = await rig.call('savepoint counts --as before');
    expect(twice).toMatchObject({ code: 1, output: '' });
    expect(twice.errors).toContain('"before" already exists');
  });

  it('gives up after its time limit, and says how far it is', async () => {
    const rig = await runningRig();
    const { code, errors } = await rig.call('savepoint counts --as late --wait --timeout 2s');
    expect(code).toBe(1);
    expect(errors).toMatch(/^error: The savepoint late is not seen yet after 2s: /);
    expect((await rig.call('savepoint counts --timeout soon')).code).toBe(2);
  });
});
