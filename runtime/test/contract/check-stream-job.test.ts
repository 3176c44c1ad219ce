import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkStreamJob } from '../../src/contract/check-stream-job.ts';
import { type Field, walkFields } from '../../src/contract/schema-walk.ts';
import { streamJobSchema } from '../../src/contract/stream-job.ts';
import { jobOf, minimal, problemsOf, problemsOfSpec } from './support.ts';

/** A value somewhere in a job: entries of lists go to place 0, values of maps to the name `x`. */
const placed = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight<unknown>((inner, part) => {
    if (part === '[]') return [inner];
    return { [part === '{}' ? 'x' : part]: inner };
  }, value);

const merge = (base: unknown, over: unknown): unknown => {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(base) || !isObject(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over))
    merged[name] = name in base ? merge(base[name], value) : value;
  return merged;
};

const fields: { readonly path: readonly string[]; readonly field: Field }[] = [];
walkFields(streamJobSchema, (path, field) => fields.push({ path, field }));

const oddities: readonly unknown[] = [
  null,
  '',
  'x',
  '\0\n\u2028\ud800',
  'x'.repeat(70_000),
  0,
  -1,
  1e21,
  0.1,
  NaN,
  true,
  [],
  {},
  [null],
  { x: null },
  ['x', 'x'],
  '999999999d',
  '465458732Gi',
  '../../x.ts',
  'NODE_OPTIONS',
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
];

describe('the check of a job', () => {
  it.each([null, undefined, 5, 'job', [], [minimal], true])('says that %j is no job at all', (value) => {
    const [problem = '', ...others] = problemsOf(value);
    expect(problem).toMatch(/^: expected a mapping with apiVersion, kind, metadata, spec, found /);
    expect(others).toEqual([]);
  });

  it('finds every problem in one pass', () => {
    const problems = problemsOf({
      apiVersion: 'millrace.dev/v1alpha2',
      kind: 'StreamJob',
      metadata: { name: 'Bad Name', lables: {} },
      spec: {
        job: { entry: '/abs.ts', code: { image: 'a', configMap: { name: 'b' } } },
        parallelism: 0,
        paralelism: 2,
        env: [{ name: 'NODE_OPTIONS', value: 1 }],
        checkpoint: { interval: 5, store: {} },
        restart: { strategy: 'None', fixedDelay: {} },
        podTemplate: { volumeMounts: [{ name: 'x', mountPath: 'y' }] },
      },
    });
    expect(problems.map((problem) => problem.replace(/: .*$/s, '')).sort()).toEqual([
      'apiVersion',
      'metadata.lables',
      'metadata.name',
      'spec.checkpoint.interval',
      'spec.checkpoint.store',
      'spec.env[0].name',
      'spec.env[0].value',
      'spec.job.code.configMap',
      'spec.job.entry',
      'spec.paralelism',
      'spec.parallelism',
      'spec.podTemplate.volumeMounts[0].mountPath',
      'spec.podTemplate.volumeMounts[0].name',
      'spec.restart.fixedDelay',
    ]);
  });

  it('says one thing about one wrong value', () => {
    expect(problemsOfSpec({ parallelism: -1.5 })).toHaveLength(1);
    expect(problemsOfSpec({ resources: { memory: 'x'.repeat(100) } })).toHaveLength(1);
    expect(
      problemsOfSpec({
        checkpoint: { store: { directory: 'a' }, interval: '1.5 hours or so, maybe a bit more or less' },
      }),
    ).toHaveLength(1);
  });

  it.each(fields.map(({ path }) => [path.join('.') || 'the whole', path] as const))(
    'never fails on strange values of %s, and says something about those it refuses',
    (_, path) => {
      for (const value of oddities) {
        const result = checkStreamJob(merge(minimal, placed(path, value)));
        if (result.ok) continue;
        expect(result.problems.length).toBeGreaterThan(0);
        for (const { message, expected, found } of result.problems) {
          expect(message.length).toBeGreaterThan(5);
          expect(expected.length).toBeGreaterThan(0);
          expect(found.length).toBeGreaterThan(0);
          expect(found.length).toBeLessThan(500);
        }
      }
    },
  );

  it('never fails on anything', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...fields),
        fc.anything({ withNullPrototype: true, maxDepth: 4 }),
        ({ path }, value) => {
          checkStreamJob(merge(minimal, placed(path, value)));
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('takes a value that it takes also when it is written with all defaults', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.constantFrom(...oddities), ({ path }, value) => {
        const result = checkStreamJob(merge(minimal, placed(path, value)));
        if (result.ok) expect(jobOf(result.job)).toEqual(result.job);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a name that means something to JavaScript', () => {
  const parse = (text: string): unknown => JSON.parse(text);

  it('is refused wherever it stands', () => {
    const spec = parse(
      '{"job": {"entry": "a.ts"}, "__proto__": {}, "args": {"__proto__": "x"}, "env": [{"__proto__": 1}]}',
    );
    expect(problemsOf({ ...minimal, spec })).toEqual([
      'spec.__proto__: nothing may be named __proto__',
      'spec.args.__proto__: nothing may be named __proto__',
      'spec.env[0].__proto__: nothing may be named __proto__',
      'spec.env[0]: expected an entry with name and value, name and valueFrom, or from, found neither name nor from',
    ]);
  });

  it('is refused inside of what is handed on as it is', () => {
    const podTemplate = parse('{"affinity": {"deep": [{"__proto__": {"polluted": true}}]}}');
    expect(problemsOfSpec({ podTemplate })).toEqual([
      'spec.podTemplate.affinity.deep[0].__proto__: nothing may be named __proto__',
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is an ordinary name when it is not __proto__', () => {
    const args = { constructor: 'a', toString: 'b', hasOwnProperty: 'c', prototype: 'd' };
    expect(jobOf({ ...minimal, spec: { ...minimal.spec, args } }).spec.args).toEqual(args);
    expect(problemsOfSpec({ constructor: 'x' })).toHaveLength(1);
  });
});

describe('nesting beyond reason', () => {
  it('is refused before it can exhaust the stack', () => {
    let deep: unknown = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    const [problem = '', ...others] = problemsOfSpec({ podTemplate: { affinity: deep } });
    expect(problem).toContain('expected at most 64 levels, found deeper nesting');
    expect(others).toEqual([]);
  });
});

describe('an object of another kind', () => {
  const hint =
    'This file does not describe a StreamJob; one begins with apiVersion: millrace.dev/v1alpha1 and kind: StreamJob.';

  it.each([
    [
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: { replicas: 1 } },
      `kind: expected StreamJob, found the text "Deployment" → ${hint}`,
    ],
    [
      { apiVersion: 'flink.apache.org/v1beta1', kind: 'FlinkDeployment', spec: {} },
      `kind: expected StreamJob, found the text "FlinkDeployment" → ${hint}`,
    ],
    [
      { ...minimal, apiVersion: 'apps/v1' },
      `apiVersion: expected millrace.dev/v1alpha1, found the text "apps/v1" → ${hint}`,
    ],
  ])('is told so in one sentence', (value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });

  it('is not what a mistyped StreamJob is', () => {
    expect(problemsOf({ ...minimal, kind: 'SteamJob', apiVersion: 'milrace.dev/v1alpha1' })).toEqual([
      'apiVersion: expected millrace.dev/v1alpha1, found the text "milrace.dev/v1alpha1" → Did you mean millrace.dev/v1alpha1?',
      'kind: expected StreamJob, found the text "SteamJob" → Did you mean StreamJob?',
    ]);
  });

  it('is not what an object without kind or version is', () => {
    expect(problemsOf({ metadata: { name: 'a' }, spec: { job: { entry: 'a.ts' } } })).toEqual([
      'apiVersion: expected millrace.dev/v1alpha1, but it is missing',
      'kind: expected StreamJob, but it is missing',
    ]);
    expect(problemsOf({ ...minimal, kind: 5 })).toEqual(['kind: expected StreamJob, found the number 5']);
  });
});

describe('a field that is not there', () => {
  it.each([
    ['paralelism', 'Did you mean parallelism?'],
    ['replicas', 'Did you mean parallelism?'],
    ['arguments', 'Did you mean args?'],
    ['interval', 'Did you mean spec.checkpoint.interval?'],
    ['entry', 'Did you mean spec.job.entry?'],
    ['image', 'Did you mean spec.job.code.image?'],
    ['memory', 'Did you mean spec.resources.memory?'],
    ['labels', 'Did you mean metadata.labels or spec.podTemplate.labels?'],
    ['replica', 'Did you mean parallelism?'],
    ['<<', 'Merge keys are not part of YAML 1.2: write the fields out.'],
  ])('is %s under spec: %s', (name, hint) => {
    expect(problemsOfSpec({ [name]: 1 })).toEqual([
      `spec.${/^\w+$/.test(name) ? name : `["${name}"]`}: there is no such field → ${hint}`.replace(
        'spec.[',
        'spec[',
      ),
    ]);
  });

  it('comes with the list of those that are, when nothing is near', () => {
    expect(problemsOfSpec({ frobnicate: 1 })).toEqual([
      'spec.frobnicate: there is no such field → The fields here are job, parallelism, slotsPerWorker, maxParallelism, args, env, mode, checkpoint, state, stateBackend, restart, upgrade, restore, savepoints, deletion, ttlAfterFinished, resources, podTemplate, serviceAccount, network, deadLetter.',
    ]);
  });

  it('is told one by one when there are several', () => {
    expect(problemsOfSpec({ arg: 1, modes: 2 })).toEqual([
      'spec.arg: there is no such field → Did you mean args?',
      'spec.modes: there is no such field → Did you mean mode?',
    ]);
  });
});
