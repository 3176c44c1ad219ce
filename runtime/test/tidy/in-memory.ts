import { checkFiles, type Rule } from './rule.ts';

/** What a rule finds in files that exist only here, by path; one line for each finding, without its rule's reason. */
export const findingsIn = (rule: Rule, files: Readonly<Record<string, string>>): string[] =>
  checkFiles(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    [rule],
  ).map(({ path, line, message }) => `${path}:${line}: ${message}`);
