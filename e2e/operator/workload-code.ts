import { readFileSync } from 'node:fs';

/** Code of the workload as a ConfigMap, which pods find at their code directory. */
export const codeIn = (
  namespace: string,
  name = 'code',
  files: readonly string[] = ['job.ts', 'records.ts'],
): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: Object.fromEntries(
    files.map((file) => [file, readFileSync(new URL(`../workload/${file}`, import.meta.url), 'utf8')]),
  ),
});
