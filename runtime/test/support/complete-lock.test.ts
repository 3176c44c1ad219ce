import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LockEntry, type LockFile, missingEntries, platformOf } from './complete-lock.ts';

const tool = (...platforms: string[]): LockEntry => ({
  version: '1.0.0',
  dev: true,
  optionalDependencies: Object.fromEntries(platforms.map((platform) => [platform, '1.0.0'])),
});

describe('the completion of the lock file', () => {
  it('leaves a complete lock file alone', () => {
    const packages = {
      'node_modules/tool': tool('tool-linux-x64'),
      'node_modules/tool-linux-x64': { version: '1.0.0', optional: true },
    };
    expect(missingEntries({ packages })).toEqual({});
  });

  it('writes what an optional dependency of another platform needs to be skipped', () => {
    const packages = { 'node_modules/tool': tool('tool-darwin-arm64') };
    expect(missingEntries({ packages })).toEqual({
      'node_modules/tool-darwin-arm64': {
        version: '1.0.0',
        dev: true,
        optional: true,
        os: ['darwin'],
        cpu: ['arm64'],
      },
    });
  });

  it('marks what production needs as optional only', () => {
    const packages = { 'node_modules/tool': { optionalDependencies: { 'tool-win32-x64': '2.0.0' } } };
    expect(missingEntries({ packages })['node_modules/tool-win32-x64']).not.toHaveProperty('dev');
  });

  it('finds an entry that is nested below the package that asks for it', () => {
    const packages = {
      'node_modules/a/node_modules/tool': tool('tool-linux-x64'),
      'node_modules/a/node_modules/tool-linux-x64': { version: '1.0.0' },
    };
    expect(missingEntries({ packages })).toEqual({});
  });

  it('is what the lock file of this repository has had', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../../package-lock.json'), 'utf8');
    expect(Object.keys(missingEntries(JSON.parse(text) as LockFile))).toEqual([]);
  });
});

describe('the platform in the name of a package', () => {
  it('has a C library only on Linux', () => {
    expect(platformOf('@x/binding-linux-x64-gnu')).toEqual({ os: ['linux'], cpu: ['x64'], libc: ['glibc'] });
    expect(platformOf('@x/binding-linux-arm-musleabihf')).toEqual({
      os: ['linux'],
      cpu: ['arm'],
      libc: ['musl'],
    });
    expect(platformOf('@x/binding-android-arm-eabi')).toEqual({ os: ['android'], cpu: ['arm'] });
  });

  it('takes arm64 for itself and not for arm', () => {
    expect(platformOf('@x/binding-win32-arm64-msvc')).toEqual({ os: ['win32'], cpu: ['arm64'] });
  });

  it('may be no system at all', () => {
    expect(platformOf('@x/binding-wasm32-wasi')).toEqual({ cpu: ['wasm32'] });
  });

  it('is asked of a person when the name does not tell', () => {
    expect(() => platformOf('mystery')).toThrow('does not say which machines');
  });
});
