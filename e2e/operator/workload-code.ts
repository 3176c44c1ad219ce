import { readFileSync } from 'node:fs';

/** The code of the workload as a ConfigMap, which pods find at their code directory. */
export const codeIn = (namespace: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'code', namespace },
  data: Object.fromEntries(
    ['job.ts', 'records.ts'].map((file) => [
      file,
      readFileSync(new URL(`../workload/${file}`, import.meta.url), 'utf8'),
    ]),
  ),
});
