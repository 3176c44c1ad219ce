import { describe, expect, it } from 'vitest';
import { specOf, testField } from './support.ts';

describe('the service account of a job', () => {
  it('is made for it where nothing is said', () => {
    expect(specOf({}).serviceAccount).toBeUndefined();
  });

  testField('spec.serviceAccount', (value) => ({ serviceAccount: value }), {
    good: [{ name: 'streams' }, { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/a' } }],
    bad: [
      [{}, 'spec.serviceAccount: expected exactly one of name, annotations, found none of them'],
      [
        { name: 'a', annotations: {} },
        'spec.serviceAccount.annotations: expected exactly one of name, annotations, found name and annotations',
      ],
      ['streams', 'spec.serviceAccount: expected a mapping with name, annotations, found the text "streams"'],
    ],
  });
});
