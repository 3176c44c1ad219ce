import { describe, expect, it } from 'vitest';
import { problemsOfSpec, specOf, testField } from './support.ts';

const rule = { to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] };

describe('the network of a job', () => {
  it('is open to the outside, but for the metadata of the cloud, where nothing is said', () => {
    expect(specOf({}).network).toEqual({ egress: 'Open', cloudIdentity: false });
  });

  testField('spec.network', (value) => ({ network: value }), {
    good: [
      { egress: 'Restricted' },
      { egress: 'Restricted', egressRules: [rule] },
      { metricsFrom: [{ namespaceSelector: {} }] },
      { cloudIdentity: true },
    ],
    bad: [
      [
        { egressRules: [rule] },
        'spec.network.egressRules: expected no egressRules, since egress is Open, found egressRules → Set egress: Restricted, or remove egressRules.',
      ],
      [
        { egress: 'Restricted', egressRules: ['all'] },
        'spec.network.egressRules[0]: expected a mapping of at most 4096 characters of JSON, found the text "all"',
      ],
      [
        { metricsFrom: Array.from({ length: 17 }, () => ({})) },
        'spec.network.metricsFrom: expected a list of at most 16 entries, found a list of 17 entries',
      ],
    ],
  });

  it('hands rules on as they are written', () => {
    const network = { egress: 'Restricted', egressRules: [rule], metricsFrom: [{ podSelector: { a: 1 } }] };
    expect(specOf({ network }).network).toEqual({ ...network, cloudIdentity: false });
    expect(
      problemsOfSpec({ network: { egress: 'Restricted', egressRules: [{ to: 'x'.repeat(4096) }] } }),
    ).toHaveLength(1);
  });
});
