import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  checkDirectories,
  compressionOf,
  findByIdentity,
  findFiles,
} from '../../../src/connectors/files/find.ts';
import { MemoryFiles } from '../support/memory-files.ts';

const disk = (...paths: string[]): MemoryFiles => {
  const files = new MemoryFiles();
  for (const path of paths) files.put(path, 'content');
  return files;
};

const pathsOf = (patterns: readonly string[], files: MemoryFiles, required: boolean = true): string[] =>
  findFiles(patterns, '/base', files, required).map(({ path }) => path);

describe('finding files', () => {
  it('takes relative patterns from the base and absolute ones as they are', () => {
    const files = disk('/base/a.txt', '/other/b.txt');
    expect(pathsOf(['a.txt', '/other/*.txt', '../other/b.txt'], files)).toEqual([
      '/base/a.txt',
      '/other/b.txt',
    ]);
  });

  it('sorts by path, however many patterns find them', () => {
    const files = disk('/base/z/1', '/base/a/2', '/base/m/3');
    expect(pathsOf(['z/*', 'm/*', '*/2'], files)).toEqual(['/base/a/2', '/base/m/3', '/base/z/1']);
  });

  it('requires that every pattern finds something, not only one of them', () => {
    const files = disk('/base/a/1');
    expect(() => pathsOf(['a/*', 'b/*'], files)).toThrow(
      'No file matches b/*: the directory /base/b does not exist.',
    );
    expect(() => pathsOf(['a/*', 'a/*.gz'], files)).toThrow(
      'No file matches a/*.gz in the directory /base/a.',
    );
    expect(pathsOf(['a/*', 'b/*', 'c'], files, false)).toEqual(['/base/a/1']);
  });

  it('names the directory in front of the first wildcard', () => {
    const files = disk('/base/logs/app/1');
    expect(() => pathsOf(['logs/app/2*/x'], files)).toThrow('in the directory /base/logs/app.');
    expect(() => pathsOf(['x*'], files)).toThrow('No file matches x* in the directory /base.');
    expect(() => pathsOf(['/x{1,2}'], files)).toThrow('No file matches /x{1,2} in the directory /.');
  });

  it('asks for the directories of patterns to be there', () => {
    const files = disk('/base/logs/1');
    checkDirectories(['logs/*', 'logs/new.log', '*'], '/base', files);
    expect(() => checkDirectories(['log/*'], '/base', files)).toThrow(
      'the directory /base/log does not exist',
    );
  });

  it('finds a file by its identity under another name of the same directory', () => {
    const files = disk('/base/log', '/base/x/log');
    const identity = files.stat('/base/log')?.identity as string;
    expect(findByIdentity('/base/log', identity, files)).toBe('/base/log');
    files.rename('/base/log', '/base/log.1');
    files.put('/base/log', 'new');
    expect(findByIdentity('/base/log', identity, files)).toBe('/base/log.1');
    files.rename('/base/log.1', '/base/x/log.1');
    expect(findByIdentity('/base/log', identity, files)).toBeUndefined();
    expect(findByIdentity('/gone/log', identity, files)).toBeUndefined();
  });
});

describe('the compression of a file', () => {
  it('is told by its first bytes', () => {
    const files = new MemoryFiles();
    const contents = { gzip: gzipSync('x'), zstd: zstdCompressSync('x'), none: '{"a":1}' } as const;
    for (const [format, content] of Object.entries(contents)) {
      files.put('/f', content);
      expect(compressionOf('/f', files, 'auto')).toBe(format);
    }
    for (const content of ['', '\u001f', '(']) {
      files.put('/f', content);
      expect(compressionOf('/f', files, 'auto')).toBe('none');
    }
    expect(files.openCount).toBe(0);
  });

  it('is what the job says, but the file must be readable all the same', () => {
    const files = disk('/f');
    expect(compressionOf('/f', files, 'zstd')).toBe('zstd');
    files.fail('open', '/f', 'EACCES');
    expect(() => compressionOf('/f', files, 'none')).toThrow('Cannot read /f: permission denied.');
    files.fail('open', '/f', undefined);
    files.fail('read', '/f', 'EIO');
    expect(() => compressionOf('/f', files, 'auto')).toThrow('Cannot read /f: the disk reported an error.');
    expect(files.openCount).toBe(0);
  });
});
