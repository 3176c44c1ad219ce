import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, test } from 'vitest';
import { describeGraph, graphText } from '../src/graph/describe.ts';
import { planJob } from '../src/graph/plan.ts';
import * as millrace from '../src/index.ts';

const source = readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8');

/** The job in the module's documentation, imported with its imports pointed at the sources. */
const documentedJob = async (): Promise<millrace.Job> => {
  const snippet = /```ts\n([\s\S]*?)```/.exec(source)?.[1] ?? '';
  const code = snippet
    .replaceAll(/^ \* ?/gm, '')
    .replaceAll(
      /'millrace\/(connectors\/[a-z]+)'/g,
      `'${new URL('../src/', import.meta.url).href}$1/index.ts'`,
    )
    .replace("'millrace'", `'${new URL('../src/index.ts', import.meta.url).href}'`);
  const url = `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(code))}`;
  const module = (await import(/* @vite-ignore */ url)) as { readonly default: millrace.Job };
  return module.default;
};

describe('the entry point', () => {
  test('has named exports only', () => {
    expect(source).not.toMatch(/^export (\*|default)/m);
    expect(Object.keys(millrace)).not.toContain('default');
  });

  test('imports nothing but the API and what its types name', () => {
    const folders = [...source.matchAll(/^(?:ex|im)port .*? from '\.\/([a-z]+)\//gms)].map(
      (match) => match[1],
    );
    expect(new Set(folders)).toEqual(new Set(['api', 'batch', 'contract', 'telemetry']));
  });

  test('documents a job that can be planned, and reads only the fields it names', async () => {
    const env = millrace.createEnvironment({ parallelism: 2 });
    (await documentedJob())(env, {});
    const text = graphText(describeGraph(planJob(env.nodes, { parallelism: 2 })));
    expect(text).toContain('hash of city');
    expect(text).toContain('print');
  });
});
