import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { changes } from '../../src/contract/change.ts';
import { pathText } from '../../src/contract/problem.ts';
import {
  checkSavepoint,
  type Savepoint,
  type SavepointInput,
  type SavepointObjectStatus,
  savepointObjectStatusSchema,
  savepointSchema,
} from '../../src/contract/savepoint.ts';
import { walkFields } from '../../src/contract/schema-walk.ts';

const minimal: SavepointInput = {
  apiVersion: 'millrace.dev/v1alpha1',
  kind: 'Savepoint',
  metadata: { name: 'before-migration' },
  spec: { jobRef: { name: 'flights' } },
};

const problemsOf = (value: unknown): string[] => {
  const result = checkSavepoint(value);
  return result.ok
    ? []
    : result.problems.map(
        ({ path, message, hint }) => `${pathText(path)}: ${message}${hint === undefined ? '' : ` → ${hint}`}`,
      );
};

const problemsOfSpec = (spec: object): string[] =>
  problemsOf({ ...minimal, spec: { ...minimal.spec, ...spec } });

describe('a Savepoint', () => {
  it('names a job, and is kept in the store when it is deleted unless it says otherwise', () => {
    const result = checkSavepoint(minimal);
    expect(result.ok && result.object.spec).toEqual({ jobRef: { name: 'flights' }, disposal: 'Retain' });
  });

  it('is read as the API server gives it, with what that writes into it', () => {
    const metadata = {
      ...minimal.metadata,
      generateName: 'before-',
      uid: 'u',
      resourceVersion: '7',
      generation: 1,
    };
    expect(problemsOf({ ...minimal, metadata, status: { phase: 'Completed' } })).toEqual([]);
  });

  it('is taken under a name, or is one that is there already', () => {
    expect(problemsOfSpec({ name: 'a' })).toEqual([]);
    expect(problemsOfSpec({ path: 'savepoints/a' })).toEqual([]);
    expect(problemsOfSpec({ name: 'a', path: 'savepoints/a' })).toEqual([
      'spec.path: expected at most one of name, path, found name and path',
    ]);
  });

  it.each([
    [
      { jobRef: {} },
      'spec.jobRef.name: expected the name of a StreamJob: lower-case letters, digits and -, at most 40 characters, but it is missing',
    ],
    [{ job: 'flights' }, 'spec.job: there is no such field → Did you mean jobRef?'],
    [{ disposal: 'Remove' }, 'spec.disposal: expected one of Retain, Delete, found the text "Remove"'],
    [
      { path: 's3://bucket/a' },
      'spec.path: expected the path of a savepoint in the store of the job, found the text "s3://bucket/a"',
    ],
  ])('refuses %j and says why', (spec, problem) => {
    expect(problemsOfSpec(spec)).toEqual([problem]);
  });

  it('is told from an object of another kind', () => {
    expect(problemsOf({ ...minimal, kind: 'StreamJob' })).toEqual([
      'kind: expected Savepoint, found the text "StreamJob" → This file does not describe a Savepoint; one begins with apiVersion: millrace.dev/v1alpha1 and kind: Savepoint.',
    ]);
    expect(problemsOf('savepoint')).toHaveLength(1);
  });

  it('says of each field what it is, and what changing it does', () => {
    walkFields(savepointSchema, (path, { meta }) => {
      if (path.length === 0 || ['[]', '{}'].includes(path.at(-1) ?? '')) return;
      expect(meta['description'], path.join('.')).toMatch(/^[A-Z].{3,400}\.$/);
      expect(changes, path.join('.')).toContain(meta['change']);
    });
  });

  it('gives the types that are exported', () => {
    expectTypeOf<z.output<typeof savepointSchema>>().toEqualTypeOf<Savepoint>();
    expectTypeOf<Savepoint>().toExtend<SavepointInput>();
  });
});

describe('the status of a Savepoint', () => {
  it('says all that is needed to go on from it without the job', () => {
    const status: SavepointObjectStatus = {
      phase: 'Completed',
      path: 'savepoints/before-migration',
      bytes: 1024,
      completedTime: '2026-11-26T10:00:00Z',
      checkpointId: 17,
      revision: '0123456789',
      store: {
        s3: {
          bucket: 'snapshots',
          prefix: 'millrace',
          region: 'us-east-1',
          pathStyle: true,
          credentials: {
            secretName: 'minio',
            accessKeyId: 'accessKeyId',
            secretAccessKey: 'secretAccessKey',
          },
        },
      },
    };
    expect(savepointObjectStatusSchema.parse(status)).toEqual(status);
  });
});
