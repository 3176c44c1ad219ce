import { expect, it } from 'vitest';
import { rightsUse } from '../../../e2e/checkers/rights.ts';
import type { AuditEvent } from '../../../e2e/harness/audit.ts';
import { pods, streamJobs } from '../../src/kube/kinds.ts';
import type { Right } from '../../src/kube/rights.ts';

const rights: readonly Right[] = [
  { type: pods, verbs: ['list', 'delete'] },
  { type: streamJobs, subresource: 'status', verbs: ['patch'] },
];

const asked = (verb: string, resource: string, group = '', code = 200): AuditEvent => ({
  user: 'operator',
  verb,
  resource,
  group,
  namespace: 'jobs',
  name: '',
  receivedMs: 0,
  answeredMs: 0,
  code,
  uri: '/',
});

it('finds rights that nobody has used, and questions that nobody had a right to', () => {
  const events = [
    asked('list', 'pods'),
    asked('patch', 'streamjobs/status', 'millrace.dev'),
    asked('create', 'pods', '', 201),
    asked('get', 'secrets', '', 403),
    asked('get', ''),
  ];
  expect(rightsUse(rights, events)).toEqual({
    missing: ['create pods', 'get secrets'],
    unused: ['delete pods'],
  });
});

it('finds nothing where all that may be asked for was', () => {
  const events = [
    asked('list', 'pods'),
    asked('delete', 'pods'),
    asked('patch', 'streamjobs/status', 'millrace.dev'),
  ];
  expect(rightsUse(rights, events)).toEqual({ missing: [], unused: [] });
});

it('counts a right as missing when it was declared and refused all the same', () => {
  expect(rightsUse(rights, [asked('list', 'pods', '', 403)]).missing).toEqual(['list pods']);
});
