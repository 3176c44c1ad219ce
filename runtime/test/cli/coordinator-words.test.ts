import { describe, expect, it } from 'vitest';
import { coordinatorWords } from '../../src/cli/coordinator-words.ts';

const variables = {
  MILLRACE_MANIFEST: 'job.yaml',
  MILLRACE_LISTEN: '0.0.0.0:6100',
  MILLRACE_JOB_UID: 'orders-1',
};
const usual = [
  'run',
  'job.yaml',
  '--log',
  'json',
  '--no-panel',
  '--listen',
  '0.0.0.0:6100',
  '--job-uid',
  'orders-1',
];

describe('a coordinator', () => {
  it('is the command run, told by variables', () => {
    expect(coordinatorWords(undefined, { ...variables, MILLRACE_TLS_DIRECTORY: '' })).toEqual(usual);
  });

  it('is told by a file, in which a variable overrules', () => {
    const text = JSON.stringify({ jobUid: 'other', deployment: 'two', slotsPerWorker: 2, controlPort: 8081 });
    expect(coordinatorWords({ path: 'c.json', text }, variables)).toEqual([
      ...usual,
      '--deployment',
      'two',
      '--slots-per-worker',
      '2',
      '--control-port',
      '8081',
      '--code-directory',
      '.',
    ]);
  });

  it('of a pod is told where code, credentials and probes are', () => {
    const ofPod = {
      MILLRACE_CONTROL_TLS_DIRECTORY: '/run/tls',
      MILLRACE_CONTROL_CLIENT_AUTHORITY: '/run/trust/operator-ca.crt',
      MILLRACE_CODE_DIRECTORY: '.',
      MILLRACE_CREDENTIALS_DIRECTORY: '/run/credentials',
      MILLRACE_AUTHORITY_DIRECTORY: '/run/authority',
      MILLRACE_NAMESPACE: 'shops',
      MILLRACE_CLUSTER_ID: 'east',
      MILLRACE_HEALTH_PORT: '8080',
      MILLRACE_LIVE: '127.0.0.1:8081',
    };
    expect(coordinatorWords(undefined, { ...variables, ...ofPod }).slice(usual.length)).toEqual([
      '--control-tls-directory',
      '/run/tls',
      '--control-client-authority',
      '/run/trust/operator-ca.crt',
      '--code-directory',
      '.',
      '--credentials-directory',
      '/run/credentials',
      '--authority-directory',
      '/run/authority',
      '--namespace',
      'shops',
      '--cluster-id',
      'east',
      '--health-port',
      '8080',
      '--live',
      '127.0.0.1:8081',
    ]);
  });

  it('of a pod finds the code of its image where its author put it', () => {
    const inPod = { ...variables, MILLRACE_DEPLOYMENT: 'r1' };
    expect(coordinatorWords(undefined, inPod).join(' ')).toContain('--code-directory .');
    const told = coordinatorWords(undefined, { ...inPod, MILLRACE_CODE_DIRECTORY: '/opt/job' });
    expect(told.slice(-2)).toEqual(['--code-directory', '/opt/job']);
  });

  it('is refused by the name of what is missing or unknown', () => {
    expect(() => coordinatorWords(undefined, { ...variables, MILLRACE_LISTEN: undefined })).toThrow(
      'The coordinator is not told its listen.',
    );
    const from = (text: string) => () => coordinatorWords({ path: 'c.json', text }, variables);
    expect(from('[]')).toThrow('The configuration c.json is no object.');
    expect(from('{')).toThrow('The configuration c.json is no JSON.');
    expect(from('{"port": 1}')).toThrow('has a field “port” that nobody knows');
  });
});
