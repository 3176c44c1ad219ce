import { describe, expect, it } from 'vitest';
import { revisionOf, wantedRevision } from '../../src/streamjob/revision.ts';
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
      written('one', { restart: { strategy: 'None' } }),
      written('one', {
        checkpoint: { interval: '1s', retained: 9, ...(written() as Record<string, object>)['checkpoint'] },
      }),
      written('one', { state: 'Suspended' }),
      written('one', { upgrade: { policy: 'Plan' } }),
      written('one', { deletion: { savepoint: 'Skip' } }),
    ];
    for (const spec of same) expect(revisionNameOf(spec)).toBe(revisionNameOf(written()));
  });

  it('is another one for a restart that somebody asks for', () => {
    expect(revisionOf(hashing, written(), 'again')).not.toBe(revisionOf(hashing, written(), undefined));
  });

  it('is the same whether a default was written by a person, by a server or by nobody', () => {
    const explicit = written('one', { mode: 'Streaming', resources: { cpu: '1' }, env: [] });
    expect(revisionNameOf(explicit)).toBe(revisionNameOf(written()));
    const variable = (more: object) =>
      written('one', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k', ...more } } }] });
    expect(revisionNameOf(variable({ optional: false }))).toBe(revisionNameOf(variable({})));
    expect(revisionNameOf(variable({ optional: true }))).not.toBe(revisionNameOf(variable({})));
  });

  it('is that of what was written down from the same spec, whatever defaults are by now', () => {
    const spec = written('one', { mode: 'Batch' });
    const before = [{ name: 'older', spec, restart: undefined }];
    expect(wantedRevision(hashing, { ...(spec as object), parallelism: 9 }, undefined, before)).toBe('older');
    expect(wantedRevision(hashing, spec, 'again', before)).not.toBe('older');
    expect(wantedRevision(hashing, written('one'), undefined, before)).toBe(revisionNameOf(written('one')));
  });

  it('never changes from one release to the next', () => {
    expect(revisionNameOf(written())).toMatchInlineSnapshot(`"bdb57687b2"`);
  });
});
