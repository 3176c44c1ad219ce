/**
 * `tidy` holds the rules of the project that a machine can check, so that review is about meaning. A *rule* is a pure function
 * from the files of the repository to *violations*, each with the place, what is wrong there and why the rule exists. What the
 * rules know about this repository (the order of the folders, the entry points, the exceptions) is data in `layout.ts`.
 */
import { lineAt, type SourceFile, SourceTree } from './source-tree.ts';

/** One place that breaks a rule. */
export interface Violation {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
  readonly why: string;
}

/** What a rule finds, before it is told whose finding it is. */
export type Finding = Pick<Violation, 'path' | 'line' | 'message'>;

/** A rule: `why` is one sentence that ends every violation. */
export interface Rule {
  readonly name: string;
  readonly why: string;
  check(tree: SourceTree): readonly Finding[];
}

/** A finding at a position of a file. */
export const findingAt = (file: SourceFile, position: number, message: string): Finding => ({
  path: file.path,
  line: lineAt(file, position),
  message,
});

/** All violations of the rules by the files, in the order of the files' paths. Reads nothing but its arguments. */
export const checkFiles = (files: readonly SourceFile[], rules: readonly Rule[]): Violation[] => {
  const tree = new SourceTree(files);
  const found = rules.flatMap((rule) =>
    rule.check(tree).map((finding) => ({ ...finding, rule: rule.name, why: rule.why })),
  );
  return found.sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line);
};

/** A violation as one line: `file:line: what is wrong (rule: why)`. */
export const describeViolation = ({ path, line, message, rule, why }: Violation): string =>
  `${path}:${line}: ${message} (${rule}: ${why})`;
