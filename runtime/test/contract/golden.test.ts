import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../src/contract/format-problems.ts';
import { parseManifest } from '../../src/contract/parse-manifest.ts';

const folder = new URL('golden/', import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

/** What the command shows for a manifest: its problems, or the job with its defaults. */
const shown = (name: string): string => {
  const result = parseManifest(textOf(`${name}.yaml`), `${name}.yaml`);
  return `${result.ok ? JSON.stringify(result.job, null, 2) : formatProblems(result.problems)}\n`;
};

const names = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

describe('the golden manifests', () => {
  it('are all there', () => {
    expect(names).toEqual([
      'another-kind',
      'choices',
      'complete',
      'habits-from-elsewhere',
      'not-closed',
      'secrets',
      'tabs',
      'twice',
      'typing-errors',
      'wrong-types',
      'wrong-values',
    ]);
  });

  it.each(names)('say of %s what its golden text says, word for word', (name) => {
    expect(shown(name)).toBe(textOf(`${name}.txt`));
  });

  it('show no secret', () => {
    for (const name of names) expect(shown(name)).not.toMatch(/hunter2|12345678/);
  });
});
