import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/contract/parse-manifest.ts';
import { exampleFolder } from './support.ts';

const names = readdirSync(exampleFolder('.'));

describe('the manifest of every example', () => {
  it('is there, beside a test', () => {
    expect(names).toEqual([
      'clickstream',
      'dashboard',
      'enrichment',
      'flights',
      'fraud',
      'sensors',
      'word-count',
    ]);
  });

  it.each(names)('is valid and has the name of its folder: %s', (name) => {
    const parsed = parseManifest(readFileSync(join(exampleFolder(name), 'job.yaml'), 'utf8'), 'job.yaml');
    expect(parsed).toMatchObject({
      ok: true,
      job: { metadata: { name }, spec: { job: { entry: 'job.ts' } } },
    });
  });
});
