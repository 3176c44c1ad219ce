import { expect, it } from 'vitest';
import { asAttempt, asCheckpointId } from '../../src/checkpoint/ids.ts';
import {
  jobRoot,
  jobUidOf,
  keyUnder,
  localNameKey,
  logKey,
  logNumberOf,
  savepointFolder,
  savepointManifest,
  stateKey,
  statePartsOf,
} from '../../src/checkpoint/paths.ts';

it('gives an entry of the log a key and finds its number again', () => {
  expect(logKey('a', 12)).toBe('jobs/a/log/12');
  expect(logNumberOf('a', 'jobs/a/log/12')).toBe(12);
  expect([jobUidOf('jobs/a/log/12'), jobUidOf('names/local/a')]).toEqual(['a', undefined]);
});

it.each([
  'jobs/a/log/',
  'jobs/a/log/0',
  'jobs/a/log/012',
  'jobs/a/log/1.tmp',
  'jobs/b/log/1',
  'jobs/a/log/9/1',
])('does not take %s for an entry of the log of a', (key) => {
  expect(logNumberOf('a', key)).toBeUndefined();
});

it('gives a state object a key relative to the root of its job, and takes it apart', () => {
  const key = stateKey(asAttempt(3), asCheckpointId(17), 2, 1);
  expect(keyUnder(jobRoot('a'), key)).toBe('jobs/a/state/3/17/2-1');
  expect(statePartsOf(key)).toEqual({ attempt: 3, checkpointId: 17, slot: 2, part: 1 });
  expect(statePartsOf('state/3/17/2')).toBeUndefined();
  expect(statePartsOf('state/0/17/2-1')).toBeUndefined();
});

it.each(['../b/state/1/1/0-0', '/etc', '', 'a//b'])('refuses the object %j of a manifest', (relative) => {
  expect(() => keyUnder(jobRoot('a'), relative)).toThrow('is no key inside of it');
});

it('refuses names that would be several parts of a key', () => {
  expect(savepointFolder('before-sale') + savepointManifest).toBe('savepoints/before-sale/manifest');
  expect(localNameKey('count', 2)).toBe('names/local/count/2');
  for (const name of ['', '..', 'a/b', 'a b'])
    expect(() => savepointFolder(name)).toThrow('cannot be the name');
});
