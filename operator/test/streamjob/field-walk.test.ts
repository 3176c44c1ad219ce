import { describe, expect, it } from 'vitest';
import { checkStreamJob } from '../../../runtime/src/contract/check-stream-job.ts';
import { kinds } from '../../src/dev/store/kinds.ts';
import type { DevObject } from '../../src/dev/store/values.ts';
import { ControllerRig } from './controller-rig.ts';
import { fieldRows, plain } from './field-walk.ts';
import { revisionNameOf } from './job-table.ts';

const rows = fieldRows();
const walked = rows.filter(({ change }) => change !== 'immutable');

/** Objects of their own life, and what was before. */
const notCompared = new Set(['StreamJob', 'ControllerRevision', 'Pod']);

/** Fields that differ from one object to the next that is made in the same way. */
const ofOneLife = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'status',
  'millrace.dev/applied-hash',
]);

const comparable = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !ofOneLife.has(name))
      .map(([name, part]) => [name, comparable(part)]),
  );
};

/** All that a job has in the cluster but its history, whoever it is. `isNew`: it has another revision than it had. */
const resourcesOf = (rig: ControllerRig, isNew: boolean): unknown => {
  const objects = kinds
    .filter(({ kind }) => !notCompared.has(kind))
    .flatMap((kind) => rig.store.all(kind))
    .map((object) => comparable(isNew ? object : withoutManifest(object)));
  const text = JSON.stringify(objects.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)));
  return JSON.parse(text.replaceAll(rig.job()?.metadata.uid ?? '', 'the uid of the job'));
};

/** A revision keeps the manifest that it was made from: what a running job takes over since then, it is told. */
const withoutManifest = (object: DevObject): unknown =>
  object.kind === 'ConfigMap' && object.metadata.labels?.['millrace.dev/revision'] !== undefined
    ? { ...object, data: undefined }
    : object;

const nameOf = (object: unknown): string => {
  const { kind, metadata } = object as { kind: string; metadata: { name: string } };
  return `${kind} ${metadata.name}`;
};

const isInForce = (rig: ControllerRig): boolean =>
  rig.status?.observedGeneration === rig.job()?.metadata.generation &&
  rig.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

/** Applies a spec, and waits until all is as it says. */
const applied = async (rig: ControllerRig, spec: unknown): Promise<ControllerRig> => {
  await rig.apply(spec);
  await rig.until('it is in force', () => isInForce(rig), 120_000);
  await rig.pass(300);
  return rig;
};

const fresh = async (spec: unknown): Promise<ControllerRig> => {
  const rig = new ControllerRig();
  rig.startOperator();
  return applied(rig, spec);
};

const podsOf = (rig: ControllerRig): readonly string[] => rig.pods.map(({ metadata }) => metadata.uid);

describe('every field of the spec', () => {
  it.each(rows)('$path has two values that the contract takes', ({ set, changed }) => {
    for (const spec of [set, changed]) {
      const object = {
        apiVersion: 'millrace.dev/v1alpha1',
        kind: 'StreamJob',
        metadata: { name: 'a' },
        spec,
      };
      expect(checkStreamJob(object)).toMatchObject({ ok: true });
    }
    expect(set).not.toEqual(changed);
  });

  it.each(rows)(
    '$path, where a change is $change, is in the name of a revision or not',
    ({ change, set, changed }) => {
      const names = new Set([plain, set, changed].map(revisionNameOf));
      if (change === 'switch-over') expect(names.size).toBeGreaterThan(1);
      else if (change !== 'immutable') expect(names.size).toBe(1);
    },
  );
});

/** Its own ServiceAccount stays with a job that names another: a revision that is taken back needs it. */
const withoutOwnAccount = (resources: unknown): unknown =>
  (resources as readonly { readonly kind: string }[]).filter(({ kind }) => kind !== 'ServiceAccount');

describe('a running job of which a field is set, changed and removed', () => {
  it.each(walked)('has what a fresh one has: $path ($change)', { timeout: 60_000 }, async (row) => {
    // A default that is written by a person is the revision that it was.
    const isNew = revisionNameOf(row.changed) !== revisionNameOf(plain);
    const keepsPods = row.change !== 'switch-over' && row.change !== 'rescale' && row.path !== 'state';
    const told = row.path === 'serviceAccount.name' ? withoutOwnAccount : (all: unknown) => all;
    const rig = await fresh(plain);
    const [before, pods] = [resourcesOf(rig, isNew), podsOf(rig)];
    await applied(rig, row.set);
    if (keepsPods) expect(podsOf(rig)).toEqual(pods);
    await applied(rig, row.changed);
    if (keepsPods) expect(podsOf(rig)).toEqual(pods);
    expect(told(resourcesOf(rig, isNew))).toEqual(told(resourcesOf(await fresh(row.changed), isNew)));
    await applied(rig, plain);
    if (keepsPods) expect(podsOf(rig)).toEqual(pods);
    expect(resourcesOf(rig, isNew)).toEqual(before);
  });
});
