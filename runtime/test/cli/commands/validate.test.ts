import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { call, folderWith } from '../call-command.ts';

const job = `import { collection } from 'millrace/connectors/collection';
import { fileSink } from 'millrace/connectors/files';
export default (env) => {
  env.fromSource(collection([{ region: process.env.REGION }])).sinkTo(fileSink({ directory: 'out', format: 'ndjson' }));
};
`;

const manifest = (spec: string): string =>
  `apiVersion: millrace.dev/v1alpha1\nkind: StreamJob\nmetadata:\n  name: numbers\nspec:\n  job:\n    entry: job.ts\n${spec}`;

const files = (spec = ''): Readonly<Record<string, string>> => ({
  'job.ts': job,
  'job.yaml': manifest(spec),
});

describe('millrace validate', () => {
  it('says that a job is valid, with its size, and runs nothing', async () => {
    const folder = folderWith(files('  parallelism: 2\n'));
    expect(await call(folder, 'validate', 'job.yaml')).toEqual({
      code: 0,
      out: 'job.yaml is valid: 1 task, 2 slots\n',
      error: '',
    });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('says it of a bare file', async () => {
    expect(await call(folderWith(files()), 'validate', 'job.ts')).toMatchObject({
      code: 0,
      out: 'job.ts is valid: 1 task, 1 slot\n',
    });
  });

  it('notes what a local run does not do, and the variables that the shell would have to have', async () => {
    const spec = `  checkpoint:
    store:
      directory: snapshots
  env:
    - name: MILLRACE_TEST_KEY
      valueFrom: { secretKeyRef: { name: keys, key: a } }
    - name: MILLRACE_TEST_LEVEL
      valueFrom: { configMapKeyRef: { name: levels, key: a, optional: true } }
`;
    const { code, out } = await call(folderWith(files(spec)), 'validate', 'job.yaml');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'note: spec.env[0]: a local run takes MILLRACE_TEST_KEY from your shell, where it is not set',
      'job.yaml is valid: 1 task, 1 slot',
      '',
    ]);
  });

  it('finds what only planning can find', async () => {
    const text = `import { collection } from 'millrace/connectors/collection';
export default (env) => { env.fromSource(collection([1])).map((n) => n); };
`;
    const { code, error } = await call(folderWith({ 'job.ts': text }), 'validate', 'job.ts');
    expect(code).toBe(2);
    expect(error).toMatch(/^error: /);
    expect(error).toContain('what now');
  });

  it('gives a code that a script can rely on when the manifest is wrong', async () => {
    const { code, out, error } = await call(folderWith(files('  parallelism: 0\n')), 'validate', 'job.yaml');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain('job.yaml:8:16: spec.parallelism: ');
  });
});
