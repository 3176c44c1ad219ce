import { checkStreamJob } from './check-stream-job.ts';
import { coverSecrets } from './cover-secrets.ts';
import { isMapping } from './field.ts';
import { LineTable } from './line-table.ts';
import { type LocatedProblem, type Problem, pathText } from './problem.ts';
import { type StreamJob, streamJobApiVersion, streamJobKind } from './stream-job.ts';
import type { Located, Range, YamlDocument } from './yaml-document.ts';
import { readYaml } from './yaml-source.ts';

/** A document of the file that is not the job: a ConfigMap, a Secret … */
export interface OtherDocument {
  readonly kind: string;
  readonly name: string;
  /** The line that it begins in, from 1. */
  readonly line: number;
}

/** The job of a file with all defaults in, or everything that is wrong with it, in the order of the file. */
export type ManifestResult =
  | { readonly ok: true; readonly job: StreamJob; readonly others: readonly OtherDocument[] }
  | {
      readonly ok: false;
      readonly problems: readonly LocatedProblem[];
      readonly others: readonly OtherDocument[];
    };

/** Larger files are no manifests, and reading them would take memory. In UTF-16 code units. */
const mostCharacters = 1024 * 1024;

interface Placed {
  readonly problem: Problem;
  readonly range: Range;
}

const fileProblem = (start: number, expected: string, found: string, hint: string): Placed => ({
  problem: { path: [], message: `expected ${expected}, found ${found}`, expected, found, hint },
  range: [start, start],
});

/** The place of a problem: its value or name, or the nearest thing around it that is there. */
const rangeOf = (root: Located, { path, atKey }: Problem): Range => {
  let here = root;
  for (const part of path) {
    const inside = here.members?.get(part);
    if (inside === undefined) return here.keyRange ?? [here.range[0], here.range[0]];
    here = inside;
  }
  const isText = here.members === undefined && here.range[1] > here.range[0];
  return atKey === true || !isText ? (here.keyRange ?? here.range) : here.range;
};

/** Puts problems into the order of the file, and shows the lines they are in. */
const locate = (
  file: string,
  text: string,
  found: readonly Placed[],
  documents: readonly YamlDocument[],
): LocatedProblem[] => {
  const covered = coverSecrets(
    text,
    documents.map(({ located }) => located),
  );
  const lines = new LineTable(covered);
  return found
    .toSorted((a, b) => a.range[0] - b.range[0])
    .map(({ problem: { path, message, expected, found, hint }, range: [start, end] }) => {
      const { line, column } = lines.position(start);
      const source = lines.line(line);
      const wanted = text.slice(start, Math.min(end, start + source.length)).trimEnd().length;
      const length = Math.max(1, Math.min(wanted, source.length - column + 1));
      return { file, line, column, length, path: pathText(path), message, expected, found, hint, source };
    });
};

const textOf = (value: unknown, field: string): string =>
  isMapping(value) && typeof value[field] === 'string' ? value[field] : '';

const describeOthers = (documents: readonly YamlDocument[], text: string): OtherDocument[] => {
  const lines = new LineTable(text);
  return documents.map(({ value, located }) => ({
    kind: textOf(value, 'kind') || 'unknown',
    name: textOf(isMapping(value) ? value['metadata'] : undefined, 'name'),
    line: lines.position(located.range[0]).line,
  }));
};

/** The document that is the job. A lone document is taken for it whatever it says it is, so that its problems are told. */
const chooseJob = (documents: readonly YamlDocument[]): YamlDocument | Placed => {
  const jobs = documents.filter(({ value }) => textOf(value, 'kind') === streamJobKind);
  const [first, second] = jobs.length === 0 && documents.length === 1 ? documents : jobs;
  if (second !== undefined) {
    const hint = 'Give each job a file of its own.';
    return fileProblem(second.located.range[0], 'one StreamJob a file', `${jobs.length} of them`, hint);
  }
  if (first !== undefined) return first;
  const found = documents.length === 0 ? 'an empty file' : `${documents.length} documents of other kinds`;
  const hint = `A manifest begins with apiVersion: ${streamJobApiVersion} and kind: ${streamJobKind}.`;
  return fileProblem(0, 'a StreamJob', found, hint);
};

/**
 * Reads a manifest: YAML 1.2 (or JSON) of at most 1 MiB with exactly one StreamJob in it; further documents of other kinds are
 * only listed. Never throws: all problems of the file are found in one pass, each with its place. `file` is for the messages.
 */
export const parseManifest = (text: string, file: string): ManifestResult => {
  if (text.length > mostCharacters) {
    const size = `${(text.length / mostCharacters).toFixed(1)} MiB`;
    const problem = fileProblem(
      0,
      'a file of at most 1 MiB',
      size,
      'Give the file of the job, not one of its data.',
    );
    return { ok: false, problems: locate(file, '', [problem], []), others: [] };
  }
  const { documents, problems } = readYaml(text);
  if (problems.some(({ fatal }) => fatal)) {
    return { ok: false, problems: locate(file, text, problems, documents), others: [] };
  }
  const chosen = chooseJob(documents);
  const others = describeOthers(
    documents.filter((document) => document !== chosen),
    text,
  );
  if ('problem' in chosen) {
    return { ok: false, problems: locate(file, text, [...problems, chosen], documents), others };
  }
  const result = checkStreamJob(chosen.value);
  if (result.ok && problems.length === 0) return { ok: true, job: result.job, others };
  const ofJob = result.ok ? [] : result.problems;
  const placed = ofJob.map((problem) => ({ problem, range: rangeOf(chosen.located, problem) }));
  return { ok: false, problems: locate(file, text, [...problems, ...placed], documents), others };
};
