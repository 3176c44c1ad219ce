import { describe, expect, it } from 'vitest';
import { operatorConfiguration } from '../src/configuration.ts';

const needed = {
  MILLRACE_RUNTIME_IMAGE: 'registry.example/millrace:1',
  MILLRACE_OPERATOR_NAMESPACE: 'millrace-system',
  MILLRACE_CLIENT_TLS_DIRECTORY: '/etc/millrace/tls',
  MILLRACE_POD_NAME: 'operator-1',
};

describe('the configuration of the operator', () => {
  it('has defaults for what its chart need not say', () => {
    expect(operatorConfiguration(needed)).toEqual({
      runtimeImage: 'registry.example/millrace:1',
      imagePullPolicy: 'IfNotPresent',
      namespace: 'millrace-system',
      watchNamespaces: undefined,
      clusterId: 'default',
      clientTlsDirectory: '/etc/millrace/tls',
      healthPort: 8080,
      identity: 'operator-1',
      logLevel: 'info',
    });
  });

  it('watches all namespaces, or those of a list', () => {
    const watched = (text: string) =>
      operatorConfiguration({ ...needed, MILLRACE_WATCH_NAMESPACES: text }).watchNamespaces;
    expect(watched('')).toBeUndefined();
    expect(watched('a, b')).toEqual(['a', 'b']);
    expect(() => watched('a,B!')).toThrow('names of namespaces');
  });

  it('names the variable that is missing or wrong', () => {
    for (const [variable, value] of [
      ['MILLRACE_RUNTIME_IMAGE', ''],
      ['MILLRACE_IMAGE_PULL_POLICY', 'Sometimes'],
      ['MILLRACE_HEALTH_PORT', '99999'],
    ] as const)
      expect(() => operatorConfiguration({ ...needed, [variable]: value })).toThrow(
        expect.objectContaining({ hint: expect.stringContaining(variable) }),
      );
  });
});
