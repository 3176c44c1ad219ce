import { describe, expect, it } from 'vitest';
import { revisionOf } from '../../src/streamjob/revision.ts';
import { hashing, revisionNameOf, written } from './job-table.ts';

describe('the name of a revision', () => {
  it('is the same whatever the order of fields', () => {
    const spec = written() as Record<string, unknown>;
    expect(revisionNameOf(Object.fromEntries(Object.entries(spec).reverse()))).toBe(revisionNameOf(spec));
  });

  it('is another one for other code, arguments or variables', () => {
    const names = [
      written(),
      written('two'),
      written('one', { env: [{ name: 'LEVEL', value: '1' }] }),
      written('one', { job: { entry: 'other.ts', code: { configMap: { name: 'code' } } } }),
    ].map(revisionNameOf);
    expect(new Set(names).size).toBe(4);
  });

  it('does not speak of what a running job takes over, or of what is the operator’s alone', () => {
    const same = [
      written('one', { parallelism: 7 }),
      written('one', { state: 'Suspended' }),
      written('one', { upgrade: { policy: 'Plan' } }),
      written('one', { deletion: { savepoint: 'Skip' } }),
    ];
    for (const spec of same) expect(revisionNameOf(spec)).toBe(revisionNameOf(written()));
  });

  it('is another one for a restart that somebody asks for', () => {
    expect(revisionOf(hashing, written(), 'again')).not.toBe(revisionOf(hashing, written(), undefined));
  });

  it('never changes from one release to the next', () => {
    expect(revisionNameOf(written())).toMatchInlineSnapshot(`"5f49d7aa07"`);
  });
});
