import { expect, it } from 'vitest';
import { checkStreamJob } from '../../src/contract/check-stream-job.ts';
import { pathText } from '../../src/contract/problem.ts';
import type { StreamJob, StreamJobInput, StreamJobSpec } from '../../src/contract/stream-job.ts';

/** The least that a StreamJob must say. */
export const minimal: StreamJobInput = {
  apiVersion: 'millrace.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { name: 'flights' },
  spec: { job: { entry: 'job.ts' } },
};

export type Data = Readonly<Record<string, unknown>>;

/** The least StreamJob with further fields under `spec`. */
export const withSpec = (spec: Data): Data => ({ ...minimal, spec: { ...minimal.spec, ...spec } });

/** The problems of plain data, each as `path: message`, with ` → hint` behind it when there is one. */
export const problemsOf = (value: unknown): string[] => {
  const result = checkStreamJob(value);
  if (result.ok) return [];
  return result.problems.map(
    ({ path, message, hint }) => `${pathText(path)}: ${message}${hint === undefined ? '' : ` → ${hint}`}`,
  );
};

/** The problems of the least StreamJob with further fields under `spec`. */
export const problemsOfSpec = (spec: Data): string[] => problemsOf(withSpec(spec));

/** The checked job. Fails the test when there are problems. */
export const jobOf = (value: unknown): StreamJob => {
  const result = checkStreamJob(value);
  if (!result.ok) expect.fail(problemsOf(value).join('\n'));
  return result.job;
};

/** The checked spec of the least StreamJob with further fields. */
export const specOf = (spec: Data): StreamJobSpec => jobOf(withSpec(spec)).spec;

/** What a field takes and what it refuses: each refused value with what its problem says, path and hint included. */
export interface FieldTable {
  readonly good: readonly unknown[];
  readonly bad: readonly (readonly [value: unknown, problem: string | readonly string[]])[];
}

/** Tests of one field; `place` puts a value for it under `spec`. */
export const testField = (name: string, place: (value: unknown) => Data, { good, bad }: FieldTable): void => {
  it.each(good.map((value) => [JSON.stringify(value)?.slice(0, 60), value] as const))(
    `takes ${name} = %s`,
    (_, value) => {
      expect(problemsOfSpec(place(value))).toEqual([]);
    },
  );
  it.each(bad.map(([value, problem]) => [JSON.stringify(value)?.slice(0, 60), value, problem] as const))(
    `refuses ${name} = %s and says why`,
    (_, value, problem) => {
      expect(problemsOfSpec(place(value))).toEqual(typeof problem === 'string' ? [problem] : problem);
    },
  );
};
