import { describe, expect, it } from 'vitest';
import { workerConfiguration } from '../../../src/worker/remote/worker-configuration.ts';

const variables = {
  MILLRACE_COORDINATOR: 'orders-coordinator:6100',
  MILLRACE_JOB_UID: 'orders-1',
  MILLRACE_WORKER_NAME: 'worker-3',
  MILLRACE_ARTIFACTS: '/var/artifacts',
};

describe('the configuration of a worker', () => {
  it('comes from variables, with what is usual for the rest', () => {
    expect(workerConfiguration(undefined, { ...variables, PATH: '/bin' })).toEqual({
      coordinator: { host: 'orders-coordinator', port: 6100 },
      jobUid: 'orders-1',
      name: 'worker-3',
      slots: 1,
      host: '127.0.0.1',
      artifacts: '/var/artifacts',
      healthPort: undefined,
      tlsDirectory: undefined,
      credentialsDirectory: undefined,
      authorityDirectory: undefined,
      reconnectSeconds: 300,
      graceSeconds: 30,
      spawned: false,
    });
  });

  it('comes from a file, in which a variable overrules', () => {
    const text = JSON.stringify({ jobUid: 'other', slots: 4, healthPort: 8080, spawned: true });
    const configuration = workerConfiguration(
      { path: 'worker.json', text },
      { ...variables, MILLRACE_SLOTS: '2', MILLRACE_GRACE_SECONDS: '5', MILLRACE_TLS_DIRECTORY: '' },
    );
    expect(configuration).toMatchObject({ jobUid: 'orders-1', slots: 2, healthPort: 8080, spawned: true });
    expect(configuration).toMatchObject({ graceSeconds: 5, tlsDirectory: undefined });
  });

  it.each([
    [{ ...variables, MILLRACE_COORDINATOR: 'nowhere' }, 'expected host:port', 'MILLRACE_COORDINATOR'],
    [{ ...variables, MILLRACE_SLOTS: '0' }, 'Too small', 'MILLRACE_SLOTS'],
    [{ ...variables, MILLRACE_JOB_UID: undefined }, 'expected string', 'MILLRACE_JOB_UID'],
  ])('is refused by the name of what is wrong (%#)', (environment, reason, variable) => {
    const configure = () => workerConfiguration(undefined, environment);
    expect(configure).toThrow(reason);
    expect(configure).toThrow(expect.objectContaining({ hint: expect.stringContaining(variable) as string }));
  });

  it('is refused when its file is no object, or says what nobody knows', () => {
    const from = (text: string) => () => workerConfiguration({ path: 'worker.json', text }, variables);
    expect(from('[]')).toThrow('The configuration worker.json is no object of JSON.');
    expect(from('{')).toThrow('The configuration worker.json is no object of JSON.');
    expect(from('{"slotz": 2}')).toThrow('slotz');
  });
});
