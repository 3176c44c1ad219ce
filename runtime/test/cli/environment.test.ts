import { describe, expect, it } from 'vitest';
import {
  emptyEnvironment,
  environmentOf,
  missingVariables,
  requireVariables,
  setVariables,
} from '../../src/cli/environment.ts';
import type { EnvironmentEntry } from '../../src/contract/env.ts';
import { FakeIo } from './fake-io.ts';

const secret = (name: string, optional = false): EnvironmentEntry => ({
  name,
  valueFrom: { secretKeyRef: { name: 'keys', key: 'a', optional } },
});

describe('the variables of a manifest', () => {
  it('are those with a value, an empty one included', () => {
    const { values } = environmentOf([
      { name: 'REGION', value: 'north' },
      { name: 'EMPTY', value: '' },
    ]);
    expect(values).toEqual({ REGION: 'north', EMPTY: '' });
  });

  it('are asked from outside when an object of the cluster has them', () => {
    const { values, outside } = environmentOf([
      { name: 'REGION', value: 'north' },
      secret('KEY'),
      { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'levels', key: 'l', optional: true } } },
    ]);
    expect(values).toEqual({ REGION: 'north' });
    expect(outside).toEqual([
      { name: 'KEY', field: 'spec.env[1]', optional: false },
      { name: 'LEVEL', field: 'spec.env[2]', optional: true },
    ]);
  });

  it('are told of when a whole object is meant, whose names nobody knows here', () => {
    const { notes } = environmentOf([
      { from: { secretRef: { name: 'keys', optional: false } } },
      { from: { configMapRef: { name: 'levels', optional: false } } },
    ]);
    expect(notes).toEqual([
      'spec.env[0] is ignored: a local run has no Secret keys; set its variables in your shell',
      'spec.env[1] is ignored: a local run has no ConfigMap levels; set its variables in your shell',
    ]);
  });

  it('are none for a bare file', () => {
    expect(environmentOf([])).toEqual(emptyEnvironment);
  });
});

describe('running with variables', () => {
  const environment = environmentOf([
    { name: 'REGION', value: 'north' },
    secret('KEY'),
    secret('TOKEN', true),
  ]);

  it('sets those of the manifest, also over those of the shell', () => {
    const io = new FakeIo({ variables: { REGION: 'south', KEY: 'k' } });
    setVariables(io, environment);
    expect(io.environment).toEqual({ REGION: 'north', KEY: 'k' });
  });

  it('misses those that the shell does not have, unless the job can do without', () => {
    expect(missingVariables(new FakeIo(), environment).map(({ name }) => name)).toEqual(['KEY']);
    expect(missingVariables(new FakeIo({ variables: { KEY: '' } }), environment)).toEqual([]);
  });

  it('is refused when one is missing: by its name, its place in the manifest, and what to type', () => {
    expect(() => requireVariables(new FakeIo(), environment)).toThrow(
      expect.objectContaining({
        code: 'manifest-invalid',
        message:
          'The variable KEY is not set: a cluster takes it from an object that a local run does not have.',
        where: { field: 'spec.env[1]' },
        hint: 'Set it in your shell: KEY=… millrace run …',
      }),
    );
    requireVariables(new FakeIo({ variables: { KEY: 'k' } }), environment);
  });
});
