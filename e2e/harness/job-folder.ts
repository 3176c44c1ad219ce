import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckpointStore } from '../../runtime/src/contract/store.ts';
import type { StreamJobInput } from '../../runtime/src/contract/stream-job.ts';

/** What differs from the manifest of all scenarios. */
export interface JobFolderSettings {
  readonly store?: CheckpointStore | object;
  readonly records: number;
  readonly recordsPerSecond: number;
  readonly args?: Readonly<Record<string, string>>;
  readonly spec?: Partial<StreamJobInput['spec']>;
}

/** The folder of a job: its code, its manifest, its state and its output. */
export interface JobFolder {
  readonly path: string;
  /** Writes the manifest anew. */
  configure(settings: JobFolderSettings): void;
  remove(): void;
}

const workload = fileURLToPath(new URL('../workload/', import.meta.url));

/** JSON is YAML. */
const manifestOf = ({ store, records, recordsPerSecond, args, spec }: JobFolderSettings): string =>
  JSON.stringify({
    apiVersion: 'millrace.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: 'counts' },
    spec: {
      job: { entry: 'job.ts' },
      parallelism: 2,
      args: { records: `${records}`, rate: `${recordsPerSecond}`, ...args },
      checkpoint: { interval: '300ms', store: store ?? { directory: 'state' } },
      restart: { strategy: 'FixedDelay', fixedDelay: { attempts: 1000, delay: '200ms' } },
      deadLetter: { policy: 'DeadLetter', path: 'letters' },
      resources: { memory: '512Mi' },
      ...spec,
    },
  });

export const createJobFolder = (settings: JobFolderSettings): JobFolder => {
  const path = mkdtempSync(join(tmpdir(), 'millrace-e2e-'));
  mkdirSync(path, { recursive: true });
  for (const file of ['job.ts', 'records.ts']) copyFileSync(join(workload, file), join(path, file));
  const configure = (next: JobFolderSettings): void =>
    writeFileSync(join(path, 'job.yaml'), manifestOf(next));
  configure(settings);
  return { path, configure, remove: () => rmSync(path, { recursive: true, force: true }) };
};
