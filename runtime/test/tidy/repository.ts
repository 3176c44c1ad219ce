import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SourceFile } from './source-tree.ts';

const top = resolve(import.meta.dirname, '../../..');

const textFile =
  /\.(?:ts|tsx|mts|js|mjs|cjs|json|ya?ml|md|sh|html|css|toml|tpl|txt)$|(?:^|\/)(?:LICENSE|Dockerfile|\.ci\/\w+|\.[\w.]+)$/;

/** The folders and files that git ignores, by name: what is built or installed and never committed. */
const ignoredNames = (): Set<string> => {
  const lines = readFileSync(join(top, '.gitignore'), 'utf8').split('\n');
  return new Set(['.git', ...lines.map((line) => line.replace(/\/$/, ''))]);
};

/**
 * The text files of the repository, read from the disk: those committed and those about to be. Symbolic links are not followed.
 * @throws the platform's error when a file cannot be read.
 */
export const readRepository = (): SourceFile[] => {
  const ignored = ignoredNames();
  const read = (folder: string): SourceFile[] =>
    readdirSync(join(top, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (ignored.has(entry.name)) return [];
      if (entry.isDirectory()) return read(path);
      return entry.isFile() && textFile.test(path)
        ? [{ path, text: readFileSync(join(top, path), 'utf8') }]
        : [];
    });
  return read('');
};
