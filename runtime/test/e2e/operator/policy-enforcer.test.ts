import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../../../e2e/operator/policy-enforcer.ts';

type Policy = Parameters<typeof rulesOf>[0];
type Pod = Parameters<typeof rulesOf>[1][number];

const pod = (namespace: string, labels: Readonly<Record<string, string>>, podIP: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: podIP, namespace, labels },
  spec: { containers: [] },
  status: { podIP },
});

const own = { podSelector: { matchLabels: { job: 'a' } } };
const operator = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'system' } },
  podSelector: { matchLabels: { app: 'operator' } },
};
const policy = {
  metadata: { name: 'a', namespace: 'shop' },
  spec: {
    podSelector: own.podSelector,
    ingress: [{ from: [own] }, { from: [operator], ports: [{ port: 8443 }] }],
  },
} as unknown as Policy;

describe('the rules of a policy', () => {
  it('let in whom it names, to the ports that it names, and nobody else', () => {
    const pods = [
      pod('shop', { job: 'a' }, '10.0.0.1'),
      pod('shop', { job: 'a' }, '10.0.0.2'),
      pod('shop', { job: 'b' }, '10.0.0.3'),
      pod('other', { job: 'a' }, '10.0.0.4'),
      pod('system', { app: 'operator' }, '10.0.0.5'),
      pod('other', { app: 'operator' }, '10.0.0.6'),
    ];
    expect(rulesOf(policy, pods)).toEqual([
      'ip daddr { 10.0.0.1, 10.0.0.2 } ip saddr { 10.0.0.1, 10.0.0.2 } accept',
      'ip daddr { 10.0.0.1, 10.0.0.2 } ip saddr { 10.0.0.5 } tcp dport { 8443 } accept',
      'ip daddr { 10.0.0.1, 10.0.0.2 } drop',
    ]);
  });

  it('are none while it has no pods', () => {
    expect(rulesOf(policy, [])).toEqual([]);
  });
});
