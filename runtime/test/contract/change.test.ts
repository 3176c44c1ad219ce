import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { changeIn, changes } from '../../src/contract/change.ts';
import { changeOf } from '../../src/contract/stream-job.ts';

describe('what changing a field of a running job does', () => {
  it.each([
    ['apiVersion', 'immutable'],
    ['kind', 'immutable'],
    ['metadata.name', 'immutable'],
    ['metadata.namespace', 'immutable'],
    ['metadata.labels', 'operator'],
    ['metadata.annotations', 'operator'],
    ['spec.job.entry', 'switch-over'],
    ['spec.job.code.image', 'switch-over'],
    ['spec.job.code.bundle.sha256', 'switch-over'],
    ['spec.parallelism', 'rescale'],
    ['spec.maxParallelism', 'immutable'],
    ['spec.args', 'switch-over'],
    ['spec.env', 'switch-over'],
    ['spec.mode', 'switch-over'],
    ['spec.checkpoint.interval', 'live'],
    ['spec.checkpoint.mode', 'switch-over'],
    ['spec.checkpoint.retained', 'live'],
    ['spec.checkpoint.unaligned.timeout', 'live'],
    ['spec.checkpoint.store.directory', 'immutable'],
    ['spec.checkpoint.store.s3.bucket', 'immutable'],
    ['spec.checkpoint.store.s3.prefix', 'immutable'],
    ['spec.checkpoint.store.s3.endpoint', 'switch-over'],
    ['spec.checkpoint.store.s3.region', 'switch-over'],
    ['spec.checkpoint.store.s3.credentials.secretName', 'switch-over'],
    ['spec.checkpoint.store.s3.certificateAuthority.key', 'switch-over'],
    ['spec.restart.strategy', 'live'],
    ['spec.restart.exponentialDelay.maxDelay', 'live'],
    ['spec.upgrade.policy', 'operator'],
    ['spec.upgrade.stability.held', 'operator'],
    ['spec.upgrade.rollback.enabled', 'operator'],
    ['spec.state', 'operator'],
    ['spec.slotsPerWorker', 'switch-over'],
    ['spec.stateBackend.type', 'switch-over'],
    ['spec.restore.id', 'switch-over'],
    ['spec.savepoints.schedule', 'operator'],
    ['spec.deletion.data', 'operator'],
    ['spec.ttlAfterFinished', 'operator'],
    ['spec.serviceAccount.name', 'switch-over'],
    ['spec.serviceAccount.annotations', 'operator'],
    ['spec.network.egressRules', 'operator'],
    ['spec.resources.memory', 'switch-over'],
    ['spec.podTemplate.tolerations', 'switch-over'],
    ['spec.deadLetter.policy', 'switch-over'],
  ])('for %s is %s', (path, change) => {
    expect(changeOf(path)).toBe(change);
  });

  it('for an entry of a list or a map is what it is for the whole', () => {
    expect(changeOf(['spec', 'env', 3])).toBe('switch-over');
    expect(changeOf(['spec', 'env', 3, 'valueFrom', 'secretKeyRef', 'key'])).toBe('switch-over');
    expect(changeOf(['metadata', 'labels', 'app.kubernetes.io/name'])).toBe('operator');
    expect(changeOf(['spec', 'args', 'airport'])).toBe('switch-over');
  });

  it.each([
    'spec.nothing',
    'status',
    'spec.parallelism.x',
    'spec.checkpoint.interval.x',
    '',
    'spec.__proto__',
  ])('is not known for %j, which is no field', (path) => {
    expect(changeOf(path)).toBeUndefined();
  });

  it('is not known where nothing is declared', () => {
    expect(changeIn(z.strictObject({ a: z.string() }), ['a'])).toBeUndefined();
    expect(changeIn(z.strictObject({ a: z.string().meta({ change: 'often' }) }), ['a'])).toBeUndefined();
  });

  it('is one of five things, from the least disturbing to the impossible', () => {
    expect(changes).toEqual(['operator', 'live', 'rescale', 'switch-over', 'immutable']);
  });
});
