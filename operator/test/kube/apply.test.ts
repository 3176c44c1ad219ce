import { describe, expect, it } from 'vitest';
import { covers, ensure } from '../../src/kube/apply.ts';
import { type ConfigMap, configMaps } from '../../src/kube/kinds.ts';
import { createRig } from '../dev/support.ts';

const configMap = (
  data: Readonly<Record<string, string>>,
  more: Partial<ConfigMap['metadata']> = {},
): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'default', ...more },
  data,
});

describe('whether an object is as it is wanted', () => {
  it('looks at what is wanted and at nothing else', () => {
    expect(covers('', { a: 1, b: { c: [1, 2] } }, { a: 1, b: { c: [1, 2], d: 3 }, e: 4 })).toBe(true);
    expect(covers('', { a: 1 }, { a: 2 })).toBe(false);
    expect(covers('', { a: [1, 2] }, { a: [1] })).toBe(false);
    expect(covers('', { a: 1, b: undefined }, { a: 1 })).toBe(true);
  });

  it('finds entries by their key where servers merge by it, in any order and among others', () => {
    const desired = { containers: [{ name: 'a', image: 'x' }] };
    expect(covers('', desired, { containers: [{ name: 'z' }, { name: 'a', image: 'x', tty: false }] })).toBe(
      true,
    );
    expect(covers('', desired, { containers: [{ name: 'a', image: 'y' }] })).toBe(false);
    expect(covers('', desired, { containers: [{ name: 'z' }] })).toBe(false);
  });

  it('takes amounts for the same however they are written, and what says nothing for absent', () => {
    expect(
      covers('', { requests: { cpu: '1000m', memory: '1024Mi' } }, { requests: { cpu: '1', memory: '1Gi' } }),
    ).toBe(true);
    expect(covers('', { requests: { cpu: '500m' } }, { requests: { cpu: '1' } })).toBe(false);
    expect(covers('', { emptyDir: {}, value: '', optional: false, args: [] }, {})).toBe(true);
  });
});

describe('ensuring an object', () => {
  const rig = () => {
    const { client, machine, answered } = createRig();
    const calls: string[] = [];
    const counted = new Proxy(client, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as unknown;
        if (typeof method !== 'function') return method;
        return (...given: unknown[]) => {
          calls.push(String(name));
          return Reflect.apply(method, target, given) as unknown;
        };
      },
    });
    const { hashing } = machine.system;
    return {
      calls,
      client,
      answered,
      ensured: (desired: ConfigMap, seen?: Awaited<ReturnType<typeof ensure<ConfigMap>>>) =>
        answered(ensure({ client: counted, hashing }, configMaps, desired, seen)),
    };
  };

  it('creates it, then leaves it alone', async () => {
    const { calls, ensured } = rig();
    const made = await ensured(configMap({ a: '1' }));
    expect(made?.data).toEqual({ a: '1' });
    expect(await ensured(configMap({ a: '1' }), made)).toBeUndefined();
    expect(calls).toEqual(['create']);
  });

  it('applies what has drifted, and what is wanted otherwise', async () => {
    const { calls, client, answered, ensured } = rig();
    const made = await ensured(configMap({ a: '1' }));
    const at = { namespace: 'default', name: 'settings' };
    const drifted = await answered(
      client.patch(configMaps, at, { data: { a: '2' } }, { uid: made?.metadata.uid ?? '' }),
    );
    const mended = await ensured(configMap({ a: '1' }), drifted);
    expect(mended?.data).toEqual({ a: '1' });
    const other = await ensured(configMap({ a: '3' }), mended);
    expect(other?.data).toEqual({ a: '3' });
    expect(calls).toEqual(['create', 'apply', 'apply']);
  });

  it('finds one that the cache does not show yet, and makes no second one', async () => {
    const { calls, ensured } = rig();
    await ensured(configMap({ a: '1' }));
    expect(await ensured(configMap({ a: '1' }))).toBeUndefined();
    expect(calls).toEqual(['create', 'create', 'get']);
  });

  it('does not go on from what has changed meanwhile', async () => {
    const { client, answered, ensured } = rig();
    const made = await ensured(configMap({ a: '1' }));
    const at = { namespace: 'default', name: 'settings' };
    await answered(client.patch(configMaps, at, { data: { b: '2' } }, { uid: made?.metadata.uid ?? '' }));
    await expect(ensured(configMap({ a: '5' }), made)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('does not take over an object of somebody else', async () => {
    const { ensured } = rig();
    const foreign = await ensured(configMap({ a: '1' }));
    const owner = { apiVersion: 'millrace.dev/v1alpha1', kind: 'StreamJob', name: 'counts', uid: 'u1' };
    const wanted = configMap({ a: '1' }, { ownerReferences: [owner] });
    await expect(ensured(wanted, foreign)).rejects.toThrow('does not belong to this StreamJob');
  });
});
