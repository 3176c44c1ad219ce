import { looksSecret } from './secrets.ts';
import type { Located, Range } from './yaml-document.ts';

/** Whether the value at this place may be a secret by its name, or by being the value of a variable. */
const isSecretPlace = (path: readonly (string | number)[]): boolean => {
  const [top, block, , field] = path;
  if (top === 'spec' && block === 'env' && field === 'value' && path.length === 4) return true;
  const name = path.findLast((part) => typeof part === 'string');
  return name !== undefined && looksSecret(name);
};

const secretRanges = ({ range, members }: Located, path: readonly (string | number)[]): Range[] => {
  if (members === undefined) return isSecretPlace(path) ? [range] : [];
  return [...members].flatMap(([part, member]) => secretRanges(member, [...path, part]));
};

/** `password: …` in a text that could not be understood as a whole. */
const secretLine = /^(\s*(?:- +)?["']?([\w.-]{1,80})["']?\s*[:=]\s*)(\S.*)$/gm;

/** `scheme://user:password@`, wherever it stands. */
const userInfo = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/?#"'<>]{1,2000})(?=@)/gi;

const cover = (text: string): string => text.replace(/[^\r\n]/g, '*');

/**
 * The text with every character of what is likely to be a secret replaced by `*`, all others at their old place: for showing
 * lines of it. What a document could be read as tells where; lines that look like it are covered in any case.
 */
export const coverSecrets = (text: string, documents: readonly Located[]): string => {
  const ranges = documents.flatMap((located) => secretRanges(located, [])).sort((a, b) => a[0] - b[0]);
  let covered = '';
  let done = 0;
  for (const [start, end] of ranges) {
    if (start < done) continue;
    covered += text.slice(done, start) + cover(text.slice(start, end));
    done = end;
  }
  covered += text.slice(done);
  return covered
    .replace(userInfo, (_, scheme: string, user: string) => scheme + cover(user))
    .replace(secretLine, (whole: string, before: string, name: string, value: string) =>
      looksSecret(name) ? before + cover(value) : whole,
    );
};
