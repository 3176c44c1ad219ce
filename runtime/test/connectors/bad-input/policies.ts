import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { Collected, collect } from '../../../src/connectors/collect/index.ts';
import type { JobResult } from '../../../src/coordinator/job-result.ts';
import type { Source } from '../../../src/index.ts';
import { type DeadLetter, type RunOptions, runJob } from '../../../src/testing/index.ts';

export const policies = ['fail', 'deadLetter', 'drop'] as const;
type Policy = (typeof policies)[number];

/** A directory for each test. */
export const useDirectory = (): {
  readonly path: string;
  put(name: string, content: string | Uint8Array): void;
} => {
  const directory = {
    path: '',
    put: (name: string, content: string | Uint8Array): void =>
      writeFileSync(join(directory.path, name), content),
  };
  beforeEach(() => {
    directory.path = mkdtempSync(join(tmpdir(), 'millrace-bad-'));
  });
  afterEach(() => rmSync(directory.path, { recursive: true, force: true }));
  return directory;
};

export interface Outcome {
  readonly result: JobResult;
  readonly values: readonly unknown[];
  readonly letters: readonly DeadLetter[];
}

/** Reads a source to its end under a policy. */
export const readUnder = async (
  deadLetterPolicy: Policy,
  source: Source<unknown>,
  options: RunOptions,
): Promise<Outcome> => {
  const collected = new Collected<unknown>();
  const letters: DeadLetter[] = [];
  const result = await runJob((env) => void env.fromSource(source).sinkTo(collect(collected)), {
    onDeadLetter: (letter) => void letters.push(letter),
    deadLetterPolicy,
    ...options,
  });
  return { result, values: collected.values, letters };
};

/** What every error that a person sees has: a sentence, and what to do. */
export const expectSentence = (error: unknown, message: RegExp): void => {
  expect(error).toMatchObject({
    name: 'MillraceError',
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(/\w+ \w+/) as string,
  });
};
