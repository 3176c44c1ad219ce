import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

describe('the Node of the tests', () => {
  it('is the one that comes with the packages, whatever the machine has', () => {
    expect(process.versions.node).toMatch(/^24\./);
  });

  it('is also what programs find that the tests start by name', () => {
    expect(execFileSync('node', ['--version'], { encoding: 'utf8' })).toMatch(/^v24\./);
  });

  it('resolves the own package to its source', () => {
    expect(process.execArgv).toContain('--conditions=millrace-source');
    expect(import.meta.resolve('millrace')).toMatch(/\/runtime\/src\/index\.ts$/);
  });
});
