import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { ownVersion } from '../../src/sys/own-version.ts';
import type { System } from '../../src/sys/system.ts';

const system = createNodeSystem();

/** The machine with other texts in the package.json files of some folders. */
const withPackages = (packages: Readonly<Record<string, string | undefined>>): System => {
  const { files } = system;
  return {
    ...system,
    files: {
      ...files,
      stat: (path) => (path in packages && packages[path] === undefined ? undefined : files.stat(path)),
      readText: (path) => packages[path] ?? files.readText(path),
    },
  };
};

const own = resolve(import.meta.dirname, '../../../package.json');

describe('the version of Millrace', () => {
  it('is that of its package.json', () => {
    const { version } = JSON.parse(readFileSync(own, 'utf8')) as { readonly version: string };
    expect(ownVersion(system)).toBe(version);
  });

  it('is not that of a package around it, which has another name', () => {
    const machine = withPackages({ [own]: '{"name":"app","version":"9.9.9"}' });
    expect(ownVersion(machine)).toBe('0.0.0');
  });

  it('is nought when there is none to be found', () => {
    expect(ownVersion(withPackages({ [own]: undefined }))).toBe('0.0.0');
  });
});
