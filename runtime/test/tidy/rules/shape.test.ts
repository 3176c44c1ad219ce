import { describe, expect, it } from 'vitest';
import { findingsIn } from '../in-memory.ts';
import { folderProse, shortFiles, shortFunctions, typedExports, wholeWords } from './shape.ts';

const lines = (count: number): string => '// one line\n'.repeat(count);
const body = (count: number): string => `{\n${'  one();\n'.repeat(count - 2)}}`;

describe('a file', () => {
  it('has 400 lines and no more', () => {
    expect(findingsIn(shortFiles, { 'runtime/src/task/slot.ts': lines(400) })).toEqual([]);
    expect(findingsIn(shortFiles, { 'runtime/src/task/slot.ts': lines(401) })).toEqual([
      'runtime/src/task/slot.ts:401: 401 lines, 400 at most',
    ]);
  });

  it('counts its last line also without an end', () => {
    expect(findingsIn(shortFiles, { 'runtime/test/slot.test.ts': `${lines(400)}// more` })).toHaveLength(1);
  });

  it('has fewer than 60 lines when it is an example', () => {
    expect(findingsIn(shortFiles, { 'runtime/examples/fraud.ts': lines(59) })).toEqual([]);
    expect(findingsIn(shortFiles, { 'runtime/examples/fraud.ts': lines(60) })).toHaveLength(1);
  });

  it('may be longer when it is data, text or generated', () => {
    expect(
      findingsIn(shortFiles, { 'crds/a.yaml': lines(900), 'operator/src/generated/a.ts': lines(900) }),
    ).toEqual([]);
  });
});

describe('a function', () => {
  it('has 70 lines and no more', () => {
    expect(findingsIn(shortFunctions, { 'a.ts': `const a = () => ${body(70)};` })).toEqual([]);
    expect(findingsIn(shortFunctions, { 'a.ts': `\nconst a = () => ${body(71)};` })).toEqual([
      'a.ts:2: a function of 71 lines, 70 at most',
    ]);
  });

  it('may be a method or stand inside of a class that is longer', () => {
    expect(
      findingsIn(shortFunctions, { 'a.ts': `class A { one() ${body(50)}\n two() ${body(50)} }` }),
    ).toEqual([]);
    expect(findingsIn(shortFunctions, { 'a.ts': `class A { one() ${body(80)} }` })).toHaveLength(1);
  });

  it('may be longer when it only groups tests', () => {
    expect(findingsIn(shortFunctions, { 'a.test.ts': `describe('a', () => ${body(90)});` })).toEqual([]);
    expect(
      findingsIn(shortFunctions, { 'a.test.ts': `describe.each(cases)('a', () => ${body(90)});` }),
    ).toHaveLength(1);
    expect(findingsIn(shortFunctions, { 'a.test.ts': `it('does a lot', () => ${body(90)});` })).toHaveLength(
      1,
    );
  });
});

describe('the main file of a folder', () => {
  const other = { 'runtime/src/batch/column.ts': '/** A column. It is long. */' };

  it('opens with prose that names the folder', () => {
    const prose =
      '/**\n * `batch` holds the value domain. A *batch* is a run of records.\n */\nimport "./column.ts";';
    expect(findingsIn(folderProse, { 'runtime/src/batch/batch.ts': prose, ...other })).toEqual([]);
  });

  it('may have the line that names its program above', () => {
    const prose =
      '#!/usr/bin/env node\n/** `batch` holds the value domain. A *batch* is a run of records. */';
    expect(findingsIn(folderProse, { 'runtime/src/batch/batch.ts': prose, ...other })).toEqual([]);
  });

  it('may name what it exports when it is the index', () => {
    const prose = '/** `rateLimit` slows a source down. Each subtask gets its share. */';
    expect(findingsIn(folderProse, { 'runtime/src/connectors/rate-limit/index.ts': prose })).toEqual([]);
    expect(findingsIn(folderProse, { 'runtime/src/connectors/rate-limit/limit.ts': prose })).toHaveLength(1);
  });

  it('is missed when no file opens so', () => {
    expect(findingsIn(folderProse, { 'runtime/src/batch/batch.ts': '/** A batch. */', ...other })).toEqual([
      'runtime/src/batch/batch.ts:1: no file of runtime/src/batch opens with a comment that begins with `batch` and tells what lives there',
    ]);
  });

  it('says more than one thing', () => {
    const prose = '/** `batch` holds batches. */';
    expect(findingsIn(folderProse, { 'runtime/src/batch/batch.ts': prose, ...other })).toHaveLength(1);
  });

  it('has its prose first, before any code', () => {
    const prose = "import './a.ts';\n/** `batch` holds batches. A *batch* is a run of records. */";
    expect(findingsIn(folderProse, { 'runtime/src/batch/batch.ts': prose, ...other })).toHaveLength(1);
  });

  it('is missed once for each folder, inner ones included', () => {
    const files = {
      'operator/src/kube/a.ts': '',
      'operator/src/kube/b.ts': '',
      'operator/src/kube/c/d.ts': '',
    };
    expect(findingsIn(folderProse, files)).toHaveLength(2);
  });
});

describe('an exported function', () => {
  it.each([
    'export const a = (b: number) => b;',
    'export function a(b: number) { return b; }',
    'export const a = async () => {};',
  ])('says what it returns: %s', (text) => {
    expect(findingsIn(typedExports, { 'runtime/src/api/a.ts': text })).toEqual([
      'runtime/src/api/a.ts:1: exports a function without its return type',
    ]);
  });

  it.each([
    'export const a = (b: number): number => b;',
    'export function a(b: number): number { return b; }',
    'export const a: Rule = (b) => b;',
    'const a = () => 1;',
    'export const a = 1;',
    'export const a = { b: () => 1 };',
  ])('has said it, or is none: %s', (text) => {
    expect(findingsIn(typedExports, { 'runtime/src/api/a.ts': text })).toEqual([]);
  });
});

describe('a name', () => {
  it('is written out', () => {
    const text = 'const userCtx = 1;\nconst run = ({ opts }: A) => opts;\nfunction idxOf() {}';
    expect(findingsIn(wholeWords, { 'runtime/src/task/a.ts': text })).toEqual([
      'runtime/src/task/a.ts:1: userCtx: write context instead of ctx',
      'runtime/src/task/a.ts:2: opts: write options instead of opts',
      'runtime/src/task/a.ts:3: idxOf: write index instead of idx',
    ]);
  });

  it('may hold the letters of an abbreviation in a longer word', () => {
    const text = 'const buffer = 1, arrival = 2, conference = 3, adoptions = 4, callback = 5, a = other.ctx;';
    expect(findingsIn(wholeWords, { 'runtime/src/task/a.ts': text })).toEqual([]);
  });
});
