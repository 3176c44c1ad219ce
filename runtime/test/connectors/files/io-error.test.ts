import { describe, expect, it } from 'vitest';
import { ioError, withFile } from '../../../src/connectors/files/io-error.ts';
import { MillraceError } from '../../../src/contract/errors.ts';

const platform = (code: string): Error => Object.assign(new Error(`${code}: something, open '/x'`), { code });

describe('an error of the disk', () => {
  it.each([
    ['ENOENT', 'Cannot read /x: it does not exist.'],
    ['EACCES', 'Cannot read /x: permission denied.'],
    ['EPERM', 'Cannot read /x: the operation is not permitted.'],
    ['EEXIST', 'Cannot read /x: something else is there already.'],
    ['ELOOP', 'Cannot read /x: its links lead in a circle.'],
    ['EISDIR', 'Cannot read /x: it is a directory.'],
    ['ENOTDIR', 'Cannot read /x: a part of its path is a file, not a directory.'],
    ['ENOSPC', 'Cannot read /x: the disk is full.'],
    ['EDQUOT', 'Cannot read /x: the quota of the disk is used up.'],
    ['EROFS', 'Cannot read /x: the file system is read-only.'],
    ['EMFILE', 'Cannot read /x: too many files are open in this process.'],
    ['EIO', 'Cannot read /x: the disk reported an error.'],
  ])('%s is said in a sentence with what to do', (code, message) => {
    const cause = platform(code);
    const error = ioError('read', '/x', cause);
    expect(error).toMatchObject({ code: 'io', message, where: { file: '/x', code } });
    expect(error.hint).toMatch(/^[A-Z].*\.$/);
    expect(error.cause).toBe(cause);
  });

  it('that nobody knows keeps the platform’s words', () => {
    expect(ioError('read', '/x', platform('EWHATEVER')).hint).toContain('whether the path is right');
    expect(ioError('read', '/x', platform('EWHATEVER')).message).toBe(
      "Cannot read /x: EWHATEVER: something, open '/x'.",
    );
    expect(ioError('read', '/x', platform('constructor')).message).toContain('constructor: something');
    expect(ioError('read', '/x', 'thrown text').message).toBe('Cannot read /x: thrown text.');
  });

  it('that is a sentence already stays as it is', () => {
    const known = new MillraceError('record-invalid', 'Known.');
    expect(ioError('read', '/x', known)).toBe(known);
    expect(() =>
      withFile('read', '/x', () => {
        throw known;
      }),
    ).toThrow(known);
  });

  it('does not stand in the way of a result', () => {
    expect(withFile('read', '/x', () => 5)).toBe(5);
  });
});
