import { describe, expect, it } from 'vitest';
import { findingsIn } from '../in-memory.ts';
import { pureDecisions } from './purity.ts';

const decide = 'operator/src/streamjob/decide.ts';
const sys = { 'runtime/src/sys/system.ts': '' };

describe('a file that only decides', () => {
  it('does not import sys', () => {
    const text = "import { system } from '../../../runtime/src/sys/system.ts';";
    expect(findingsIn(pureDecisions, { [decide]: text, ...sys })).toEqual([
      `${decide}:1: reaches runtime/src/sys/system.ts`,
    ]);
  });

  it('does not reach it by way of others', () => {
    const files = {
      [decide]: "import { a } from './a.ts';\n",
      'operator/src/streamjob/a.ts': "import { b } from './b.ts';",
      'operator/src/streamjob/b.ts': "import { readFileSync } from 'node:fs';",
    };
    expect(findingsIn(pureDecisions, files)).toEqual([
      `${decide}:1: reaches node:fs by way of operator/src/streamjob/b.ts`,
    ]);
  });

  it('does not import a client package', () => {
    expect(findingsIn(pureDecisions, { [decide]: "import 'minio';" })).toEqual([
      `${decide}:1: reaches minio`,
    ]);
  });

  it('does not wait', () => {
    expect(findingsIn(pureDecisions, { [decide]: 'export const decide = async () => {};' })).toEqual([
      `${decide}:1: waits, although it only decides`,
    ]);
  });

  it('may know the types of the outside, and use schemas and what only computes', () => {
    const files = {
      [decide]:
        "import type { System } from '../../../runtime/src/sys/system.ts';\nimport { z } from 'zod';\nimport 'node:path';",
      ...sys,
    };
    expect(findingsIn(pureDecisions, files)).toEqual([]);
  });

  it('may stand in a circle of imports', () => {
    const files = { [decide]: "import './a.ts';", 'operator/src/streamjob/a.ts': "import './decide.ts';" };
    expect(findingsIn(pureDecisions, files)).toEqual([]);
  });

  it.each([
    'runtime/src/checkpoint/decide.ts',
    'operator/src/savepoint/status.ts',
    'operator/src/streamjob/resources/workers.ts',
    'runtime/src/graph/chaining.ts',
    'runtime/src/api/stream.ts',
  ])('is known by its name or folder: %s', (path) => {
    expect(findingsIn(pureDecisions, { [path]: "import 'node:fs';" })).toEqual([
      `${path}:1: reaches node:fs`,
    ]);
  });

  it.each(['runtime/src/task/decider.ts', 'runtime/src/coordinator/act.ts', 'runtime/test/graph/decide.ts'])(
    'is not one that is only called alike: %s',
    (path) => {
      expect(findingsIn(pureDecisions, { [path]: "import 'node:fs'; await 1;" })).toEqual([]);
    },
  );
});
