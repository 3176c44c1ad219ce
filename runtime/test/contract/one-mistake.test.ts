import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { checkStreamJob } from '../../src/contract/check-stream-job.ts';
import { isMapping } from '../../src/contract/field.ts';
import { parseManifest } from '../../src/contract/parse-manifest.ts';
import { pathText } from '../../src/contract/problem.ts';
import { readYaml } from '../../src/contract/yaml-source.ts';

/** A manifest with every block, and each of its mistakes made one at a time. */
const complete = readYaml(readFileSync(new URL('golden/complete.yaml', import.meta.url), 'utf8')).documents[0]
  ?.value;

type Path = readonly (string | number)[];

/** The names of all fields, with the paths to them; entries of lists are gone through. */
const namesIn = (value: unknown, path: Path = []): readonly Path[] => {
  if (Array.isArray(value)) return value.flatMap((entry, i) => namesIn(entry, [...path, i]));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([name, held]) => [
    [...path, name],
    ...namesIn(held, [...path, name]),
  ]);
};

/** A copy in which the mapping or list that holds the last part of the path is changed. */
const changed = (
  value: unknown,
  path: Path,
  change: (holder: Record<string, unknown>, name: string) => unknown,
): unknown => {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (Array.isArray(value)) {
    return value.map((entry: unknown, i) => (i === part ? changed(entry, rest, change) : entry));
  }
  const holder = { ...(value as Record<string, unknown>) };
  if (rest.length === 0) return change(holder, part as string);
  holder[part] = changed(holder[part], rest, change);
  return holder;
};

/** The manifest in which one name is another. */
const renamed = (path: Path, wrong: string): unknown =>
  changed(complete, path, (holder, name) => {
    const { [name]: held, ...rest } = holder;
    return { ...rest, [wrong]: held };
  });

/** Names that authors choose, and what is handed on to Kubernetes as it is: no mistake can be seen there. */
const isOpen = (path: Path): boolean => {
  const text = path.join('.');
  return (
    /^(metadata\.labels|spec\.args|spec\.podTemplate\.nodeSelector)\./.test(text) ||
    /^spec\.podTemplate\.(volumes|tolerations|volumeMounts|sidecars)/.test(text) ||
    /^spec\.(network\.(egressRules|metricsFrom)|serviceAccount\.annotations)\./.test(text)
  );
};

const paths = namesIn(complete).filter((path) => !isOpen(path));
const named = paths.map((path) => [pathText(path), path] as const);

const problemsOf = (job: unknown) => {
  const result = checkStreamJob(job);
  return result.ok ? [] : result.problems;
};

/** Two letters swapped, or one put in where swapping changes nothing. */
const mistyped = (name: string): string => {
  const swapped = `${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}`;
  return swapped === name || name.length < 4 ? `${name}x` : swapped;
};

describe('a manifest with every block', () => {
  it('is good, and has a name for every mistake below', () => {
    expect(problemsOf(complete)).toEqual([]);
    expect(paths.length).toBeGreaterThan(40);
  });
});

describe.each(named)('one mistake at %s', (_name, path) => {
  const last = path.at(-1) as string;

  it('is told where the name is mistyped, with the name that was meant', () => {
    const wrong = mistyped(last);
    const job = renamed(path, wrong);
    const problems = problemsOf(job);
    const told = problems.find(
      (problem) => pathText(problem.path) === pathText([...path.slice(0, -1), wrong]),
    );
    if (path.length === 1) {
      // Without kind or apiVersion it is not known to be a job at all.
      expect(problems.length).toBeGreaterThan(0);
      return;
    }
    expect(
      told,
      JSON.stringify(problems.map(({ path: at, message }) => [pathText(at), message])),
    ).toBeDefined();
    expect(`${told?.message} ${told?.hint ?? ''}`).toContain(last);
  });

  it.each([
    ['a mapping that nobody knows', { unheard: { of: 1 } }],
    ['a list of nothing', [null]],
    ['a number that fits nowhere', -1.5],
  ] as const)('is told where the value is %s', (_what, wrong) => {
    const problems = problemsOf(changed(complete, path, (holder, name) => ({ ...holder, [name]: wrong })));
    expect(problems.length).toBeGreaterThan(0);
    const at = pathText(path);
    // At the value, inside of it, or at the block whose rule it breaks.
    for (const problem of problems) {
      const text = pathText(problem.path);
      expect(text.startsWith(at) || at.startsWith(text) || problem.path[0] === 'spec', text).toBe(true);
    }
  });

  it('is shown with the line of the file that it stands in', () => {
    const wrong = `${last}Wrong`;
    const job = renamed(path, wrong);
    const text = stringify(job);
    const result = parseManifest(text, 'job.yaml');
    if (result.ok) expect.fail('the name was not refused');
    const lines = text.split('\n');
    const told = result.problems.filter(({ line }) => (lines[line - 1] ?? '').includes(wrong));
    if (path.length > 1) expect(told.length).toBeGreaterThan(0);
    for (const { line, column, source, length } of result.problems) {
      // What may be a secret is covered, at its full length.
      if (source.includes('*')) expect(source).toHaveLength((lines[line - 1] ?? '').length);
      else expect(source).toBe(lines[line - 1]);
      expect(column - 1 + length).toBeLessThanOrEqual(Math.max(1, source.length));
    }
  });

  it('is told where a field is left out that must be there, and nothing is told where it need not be', () => {
    const problems = problemsOf(
      changed(complete, path, (holder, name) => {
        const { [name]: _left, ...rest } = holder;
        return rest;
      }),
    );
    for (const problem of problems) {
      expect(`${pathText(problem.path)} ${problem.message} ${problem.hint ?? ''}`).toMatch(/\w/);
      expect(problem.path.length).toBeLessThanOrEqual(path.length + 1);
    }
  });
});
