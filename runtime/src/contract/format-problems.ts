import type { LocatedProblem } from './problem.ts';

/** More would scroll the first ones away, and most of the rest follow from them. */
const mostProblems = 30;
/** Of a long line the part around the problem is shown. */
const widestLine = 120;

/** Nothing from a file may move the cursor, write its own lines or colour the terminal. */
const visible = (text: string): string =>
  text.replace(/\t/g, ' ').replace(/[\p{Cc}\u2028\u2029]/gu, '\u{FFFD}');

/** The part of a line that is shown, and where in it the problem begins. */
const excerpt = (line: string, column: number): { readonly shown: string; readonly at: number } => {
  if (line.length <= widestLine) return { shown: line, at: column - 1 };
  const start = Math.max(0, Math.min(column - 1 - widestLine / 3, line.length - widestLine));
  const before = start > 0 ? '…' : '';
  const after = start + widestLine < line.length ? '…' : '';
  return {
    shown: before + line.slice(start, start + widestLine) + after,
    at: column - 1 - start + before.length,
  };
};

const formatOne = (problem: LocatedProblem): string => {
  const { file, line, column, path, message, hint, source } = problem;
  const { shown, at } = excerpt(source, column);
  const number = String(line).padStart(5);
  const body = [`${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`];
  if (shown.trim() !== '') {
    const marks = '^'.repeat(Math.max(1, Math.min(problem.length, shown.length - at)));
    body.push(`${number} | ${shown}`, `${' '.repeat(number.length)} | ${' '.repeat(at)}${marks}`);
  }
  if (hint !== undefined) body.push(`      hint: ${hint}`);
  return body.map(visible).join('\n');
};

/**
 * Problems as text for a terminal: place, sentence, the line itself with the spot marked, and what to do. Ends without a line
 * break; no problems give an empty text.
 */
export const formatProblems = (problems: readonly LocatedProblem[]): string => {
  const [first] = problems;
  if (first === undefined) return '';
  const shown = problems.slice(0, mostProblems).map(formatOne);
  const rest = problems.length - shown.length;
  const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in ${visible(first.file)}`;
  return [...shown, rest > 0 ? `${count}, ${rest} of them not shown` : count].join('\n\n');
};
