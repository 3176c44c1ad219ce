import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { changes } from '../../src/contract/change.ts';
import { describeField, type Field, walkFields } from '../../src/contract/schema-walk.ts';
import {
  defaultMaxParallelism,
  type StreamJob,
  type StreamJobInput,
  streamJobSchema,
} from '../../src/contract/stream-job.ts';
import { type Data, jobOf, minimal, problemsOf, problemsOfSpec, specOf, testField } from './support.ts';

const allFields = (): { readonly path: readonly string[]; readonly field: Field }[] => {
  const fields: { path: readonly string[]; field: Field }[] = [];
  walkFields(streamJobSchema, (path, field) => fields.push({ path, field }));
  return fields;
};

/** Fields with names, in contrast to entries of lists and values of maps. */
const namedFields = (): { readonly path: readonly string[]; readonly field: Field }[] =>
  allFields().filter(({ path }) => path.length > 0 && !['[]', '{}'].includes(path.at(-1) ?? ''));

/** What the API server will know of a field: the CRD is made from this. */
const asJson = ({ inner }: Field): Readonly<Record<string, unknown>> =>
  z.toJSONSchema(inner, { io: 'input' });

/** Whether the sizes of a field are limited on both sides, as far as it has a size. */
const isBounded = (field: Field): boolean => {
  const { maxLength, maxItems, minimum, maximum } = asJson(field);
  switch (field.inner._zod.def.type) {
    case 'string':
      return typeof maxLength === 'number';
    case 'number':
      // The most is the number of a checkpoint: one every 100 ms reaches it in seven years.
      return [minimum, maximum].every((bound) => Math.abs(Number(bound)) <= 2_147_483_647);
    case 'array':
      return typeof maxItems === 'number';
    case 'record':
      return typeof (field.meta['maxProperties'] ?? field.meta['maxCharacters']) === 'number';
    default:
      return ['object', 'enum', 'literal', 'boolean'].includes(field.inner._zod.def.type);
  }
};

/** The patterns of a field, as regular expressions without their slashes. */
const patternsOf = (field: Field): string[] =>
  (JSON.stringify(asJson(field)).match(/"pattern":"(?:[^"\\]|\\.)*"/g) ?? []).map(
    (pattern) => (JSON.parse(`{${pattern}}`) as { readonly pattern: string }).pattern,
  );

describe('the schema of a StreamJob', () => {
  it('has more than a hundred fields, all of which the walk meets', () => {
    expect(namedFields().length).toBeGreaterThan(100);
  });

  it.each(namedFields().map(({ path, field }) => [path.join('.'), field.meta] as const))(
    'says what %s is, and what changing it does',
    (_, meta) => {
      expect(meta['description']).toMatch(/^[A-Z].{3,400}\.$/);
      expect(changes).toContain(meta['change']);
    },
  );

  it.each(namedFields().map(({ path, field }) => [path.join('.'), field] as const))(
    'says what %s is when it is left out, or requires it',
    (_, { optional, defaultValue, meta }) => {
      const says = defaultValue !== undefined || typeof meta['absent'] === 'string';
      expect(says).toBe(optional);
      if (defaultValue !== undefined) expect(meta['absent']).toBeUndefined();
    },
  );

  it('bounds every text, number, list and map, entries and names included', () => {
    const unbounded = allFields().filter(
      ({ field }) => !isBounded(field) && field.inner._zod.def.type !== 'unknown',
    );
    expect(unbounded.map(({ path }) => path.join('.'))).toEqual([]);
    for (const { path, field } of allFields()) {
      const def = field.inner._zod.def;
      if (def.type !== 'record' || field.meta['opaque'] === true) continue;
      expect(isBounded(describeField(def.keyType)), path.join('.')).toBe(true);
    }
  });

  it('leaves only those parts open that Kubernetes defines', () => {
    const open = allFields().filter(({ field }) => field.meta['opaque'] === true);
    expect(open.map(({ path }) => path.slice(2).join('.'))).toEqual([
      'affinity',
      'topologySpreadConstraints.[]',
      'volumes.[].projected.sources.[]',
      'egressRules.[]',
      'metricsFrom.[]',
    ]);
  });

  it('requires only what cannot be guessed', () => {
    const required = namedFields().filter(({ path, field }) => !field.optional && !path.includes('[]'));
    expect(required.map(({ path }) => path.join('.'))).toEqual([
      'apiVersion',
      'kind',
      'metadata',
      'metadata.name',
      'spec',
      'spec.job',
      'spec.job.code.bundle.url',
      'spec.job.code.bundle.sha256',
      'spec.job.code.configMap.name',
      'spec.checkpoint.store',
      'spec.checkpoint.store.s3.bucket',
      'spec.checkpoint.store.s3.credentials.secretName',
      'spec.checkpoint.store.s3.certificateAuthority.configMapName',
    ]);
  });

  it('uses only forms that a CRD can express: no unions, no transformations', () => {
    const types = new Set(allFields().map(({ field }) => field.inner._zod.def.type));
    expect([...types].sort()).toEqual([
      'array',
      'boolean',
      'enum',
      'literal',
      'number',
      'object',
      'record',
      'string',
      'unknown',
    ]);
  });

  it('uses only patterns that RE2 knows (no look-around, no back-references), anchored at both ends', () => {
    const patterns = allFields()
      .filter(({ field }) => field.inner._zod.def.type === 'string')
      .flatMap(({ field }) => patternsOf(field));
    expect(patterns.length).toBeGreaterThan(50);
    for (const pattern of patterns) {
      expect(pattern).toMatch(/^\^.*\$$/s);
      expect(pattern).not.toMatch(/\(\?(?!:)|\\[1-9]|\\k<|\\p\{/);
    }
  });

  it('can be written as JSON schema of less than 100 KB', () => {
    expect(JSON.stringify(z.toJSONSchema(streamJobSchema, { io: 'input' })).length).toBeLessThan(100_000);
  });

  it('gives the types that are exported', () => {
    expectTypeOf<z.output<typeof streamJobSchema>>().toEqualTypeOf<StreamJob>();
    expectTypeOf<z.input<typeof streamJobSchema>>().toEqualTypeOf<StreamJobInput>();
    expectTypeOf<StreamJob>().toExtend<StreamJobInput>();
  });
});

describe('the least StreamJob', () => {
  it('gets all defaults', () => {
    expect(jobOf(minimal)).toEqual({
      apiVersion: 'millrace.dev/v1alpha1',
      kind: 'StreamJob',
      metadata: { name: 'flights', labels: {}, annotations: {} },
      spec: {
        job: { entry: 'job.ts' },
        parallelism: 1,
        slotsPerWorker: 1,
        args: {},
        env: [],
        mode: 'Streaming',
        state: 'Running',
        upgrade: {
          mode: 'Cut',
          strategy: 'Standby',
          policy: 'Auto',
          stability: { held: 2, window: '2m', maxRestarts: 0, lag: 'NotGrowing' },
          rollback: { enabled: true, timeout: '10m' },
          renames: {},
          allowRemoved: false,
        },
        restore: { previous: 'Resume' },
        savepoints: { retained: 5 },
        deletion: { savepoint: 'Take', data: 'Retain', timeout: '2m' },
        resources: { cpu: '1', memory: '1Gi' },
        network: { egress: 'Open', cloudIdentity: false },
        deadLetter: { policy: 'Fail', path: 'dead-letters' },
      },
    });
  });

  it('stays as it is when it is checked again with its defaults', () => {
    const job = jobOf(minimal);
    expect(jobOf(job)).toEqual(job);
  });

  it('shares no default with another, so that changing one leaves the other alone', () => {
    const [first, second] = [jobOf(minimal), jobOf(minimal)];
    (first.spec.args as Record<string, string>)['a'] = 'b';
    expect(second.spec.args).toEqual({});
    expect(jobOf(minimal).spec.args).toEqual({});
  });

  it('is not changed by the check', () => {
    const before = structuredClone(minimal);
    jobOf(minimal);
    expect(minimal).toEqual(before);
  });
});

describe('parallelism', () => {
  const whole = (found: string): string =>
    `spec.parallelism: expected a whole number from 1 to 4096, found ${found}`;
  testField('spec.parallelism', (value) => ({ parallelism: value }), {
    good: [1, 2, 128, 4096],
    bad: [
      [0, whole('the number 0')],
      [-1, whole('the number -1')],
      [4097, whole('the number 4097')],
      [1_000_000_000, whole('the number 1000000000')],
      [1.5, whole('the number 1.5')],
      [Infinity, whole('the number Infinity')],
      ['two', whole('the text "two"')],
      ['2', `${whole('the text "2"')} → Write it without quotes.`],
      [true, whole('true')],
      [null, `${whole('nothing (null)')} → Give it a value, or remove the line.`],
      [[2], whole('a list of 1 entry')],
    ],
  });

  const groups = (found: string): string =>
    `spec.maxParallelism: expected a whole number from 1 to 32768, found ${found}`;
  testField('spec.maxParallelism', (value) => ({ maxParallelism: value }), {
    good: [1, 128, 32_768],
    bad: [
      [0, groups('the number 0')],
      [32_769, groups('the number 32769')],
      ['128', `${groups('the text "128"')} → Write it without quotes.`],
    ],
  });

  it('may not be above maxParallelism', () => {
    expect(problemsOfSpec({ parallelism: 8, maxParallelism: 8 })).toEqual([]);
    expect(problemsOfSpec({ parallelism: 9, maxParallelism: 8 })).toEqual([
      'spec.maxParallelism: expected at least 9, the parallelism, found the number 8 → Keyed state is split into maxParallelism key groups, and each slot needs one.',
    ]);
  });

  it('is not compared with a maxParallelism that is no number', () => {
    expect(problemsOfSpec({ parallelism: 9, maxParallelism: 'x' })).toHaveLength(1);
  });

  it.each([
    [1, 128],
    [31, 128],
    [32, 128],
    [33, 256],
    [64, 256],
    [65, 512],
    [100, 512],
    [4096, 16_384],
  ])('of %d makes %d key groups when nothing else is said', (parallelism, keyGroups) => {
    expect(defaultMaxParallelism(parallelism)).toBe(keyGroups);
  });

  it('leaves maxParallelism open, since what it was at creation counts', () => {
    expect(specOf({ parallelism: 200 }).maxParallelism).toBeUndefined();
  });

  it('makes a number of key groups that the schema allows, whatever it is', () => {
    for (let parallelism = 1; parallelism <= 4096; parallelism++) {
      const keyGroups = defaultMaxParallelism(parallelism);
      expect(keyGroups).toBeGreaterThanOrEqual(4 * parallelism);
      expect(keyGroups).toBeLessThanOrEqual(32_768);
      expect(Number.isInteger(Math.log2(keyGroups))).toBe(true);
    }
  });
});

describe('arguments', () => {
  const text = 'expected a text of at most 4096 characters, found';
  const name = 'expected a name of letters, digits, -, _ and ., that starts with a letter, found';
  testField('spec.args', (value) => ({ args: value }), {
    good: [{}, { airport: 'SFO' }, { a: '' }, { 'max-delay.min_s': '5', _x: 'y' }, { a: 'x'.repeat(4096) }],
    bad: [
      [{ count: 5 }, `spec.args.count: ${text} the number 5 → Write it in quotes: "5".`],
      [{ fast: true }, `spec.args.fast: ${text} true → Write it in quotes: "true".`],
      [{ a: null }, `spec.args.a: ${text} nothing (null) → Give it a value, or remove the line.`],
      [{ a: ['x'] }, `spec.args.a: ${text} a list of 1 entry`],
      [{ a: 'x'.repeat(4097) }, `spec.args.a: ${text} a text of 4097 characters`],
      [{ '1st': 'x' }, `spec.args["1st"]: ${name} the text "1st"`],
      [{ '': 'x' }, `spec.args[""]: ${name} an empty text`],
      [{ 'a b': 'x' }, `spec.args["a b"]: ${name} the text "a b"`],
      [{ password: 12 }, `spec.args.password: ${text} a value that is not shown → Write it in quotes.`],
      [['a'], 'spec.args: expected a mapping of at most 128 entries, found a list of 1 entry'],
      ['a=b', 'spec.args: expected a mapping of at most 128 entries, found the text "a=b"'],
    ],
  });

  it('are at most 128', () => {
    const many = (count: number): Data =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, 'x']));
    expect(problemsOfSpec({ args: many(128) })).toEqual([]);
    expect(problemsOfSpec({ args: many(129) })).toEqual([
      'spec.args: expected a mapping of at most 128 entries, found 129 entries',
    ]);
  });
});

describe('the mode', () => {
  const modes = 'spec.mode: expected one of Streaming, Batch, Automatic, found';
  testField('spec.mode', (value) => ({ mode: value }), {
    good: ['Streaming', 'Batch', 'Automatic'],
    bad: [
      ['streaming', `${modes} the text "streaming" → Did you mean Streaming?`],
      ['BATCH', `${modes} the text "BATCH" → Did you mean Batch?`],
      ['Auto', `${modes} the text "Auto"`],
      ['Streeming', `${modes} the text "Streeming" → Did you mean Streaming?`],
      ['', `${modes} an empty text`],
      [1, `${modes} the number 1`],
    ],
  });
});

describe('the state that is wished for', () => {
  const states = 'spec.state: expected one of Running, Suspended, found';
  testField('spec.state', (value) => ({ state: value }), {
    good: ['Running', 'Suspended'],
    bad: [
      ['suspended', `${states} the text "suspended" → Did you mean Suspended?`],
      ['Stopped', `${states} the text "Stopped"`],
      [false, `${states} false`],
      // What the field was before it had this meaning.
      [{ backend: 'Disk' }, `${states} a mapping`],
    ],
  });

  it('is found by those who know it by another name', () => {
    expect(problemsOfSpec({ suspend: true })).toEqual([
      'spec.suspend: there is no such field → Did you mean state?',
    ]);
  });
});

describe('slotsPerWorker', () => {
  const slots = 'spec.slotsPerWorker: expected a whole number from 1 to 64, found';
  testField('spec.slotsPerWorker', (value) => ({ slotsPerWorker: value }), {
    good: [1, 64],
    bad: [
      [0, `${slots} the number 0`],
      [65, `${slots} the number 65`],
    ],
  });
});

describe('ttlAfterFinished', () => {
  const time = 'spec.ttlAfterFinished: expected a duration from 0s to 365d, such as 10s or 1h30m, found';
  testField('spec.ttlAfterFinished', (value) => ({ ttlAfterFinished: value }), {
    good: ['0s', '1h', '365d'],
    bad: [
      ['366d', `${time} the text "366d"`],
      [3600, `${time} the number 3600 → Add the unit: 3600s, or 3600ms.`],
    ],
  });
});

describe('apiVersion and kind', () => {
  it('are what they are', () => {
    expect(problemsOf({ ...minimal, apiVersion: 'millrace.dev/v1' })).toEqual([
      'apiVersion: expected millrace.dev/v1alpha1, found the text "millrace.dev/v1" → Did you mean millrace.dev/v1alpha1?',
    ]);
    expect(problemsOf({ ...minimal, kind: 'streamjob' })).toEqual([
      'kind: expected StreamJob, found the text "streamjob" → Did you mean StreamJob?',
    ]);
  });
});
