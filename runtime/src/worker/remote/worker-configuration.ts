import * as z from 'zod';
import { MillraceError } from '../../contract/errors.ts';
import type { PeerAddress } from '../../exchange/tcp/hello.ts';

/** How a worker is told what it is: in a file of JSON, in variables, or both; a variable wins. */
export interface WorkerConfiguration {
  readonly coordinator: PeerAddress;
  readonly jobUid: string;
  readonly name: string;
  readonly slots: number;
  /** The address of this machine at which other workers find its slots. */
  readonly host: string;
  /** Where frozen modules are kept. */
  readonly artifacts: string;
  /** Where liveness and readiness can be asked; absent = nowhere. */
  readonly healthPort: number | undefined;
  /** A directory with `tls.crt`, `tls.key` and `ca.crt`; absent = no TLS. */
  readonly tlsDirectory: string | undefined;
  /** `job` = it signs a certificate of its own with the authority in the store of its job, which the manifest names. */
  readonly tls: 'job' | undefined;
  readonly manifest: string | undefined;
  /** Where the Secret with the credentials of the store is mounted, and the ConfigMap with the certificates of its authority. */
  readonly credentialsDirectory: string | undefined;
  readonly authorityDirectory: string | undefined;
  readonly reconnectSeconds: number;
  readonly graceSeconds: number;
  /** Whether another process of this machine has started it and tells it when to end: Ctrl-C is not for it. */
  readonly spawned: boolean;
}

const addressSchema = z
  .string()
  .regex(/^(.+):(\d{1,5})$/, 'expected host:port')
  .transform((text) => {
    const at = text.lastIndexOf(':');
    return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
  });

const seconds = (usual: number) => z.coerce.number().min(0).max(86_400).default(usual);
const directory = () => z.string().min(1).optional();

const schema = z.strictObject({
  coordinator: addressSchema,
  jobUid: z.string().min(1).max(200),
  name: z.string().min(1).max(200),
  slots: z.coerce.number().int().min(1).max(1024).default(1),
  host: z.string().min(1).default('127.0.0.1'),
  artifacts: z.string().min(1),
  healthPort: z.coerce.number().int().min(0).max(65_535).optional(),
  tlsDirectory: directory(),
  tls: z.literal('job').optional(),
  manifest: z.string().min(1).optional(),
  credentialsDirectory: directory(),
  authorityDirectory: directory(),
  reconnectSeconds: seconds(300),
  graceSeconds: seconds(30),
  spawned: z.union([z.boolean(), z.stringbool()]).default(false),
});

type Field = keyof WorkerConfiguration;

/** The variable of each field. */
export const workerVariables: Readonly<Record<Field, string>> = {
  coordinator: 'MILLRACE_COORDINATOR',
  jobUid: 'MILLRACE_JOB_UID',
  name: 'MILLRACE_WORKER_NAME',
  slots: 'MILLRACE_SLOTS',
  host: 'MILLRACE_HOST',
  artifacts: 'MILLRACE_ARTIFACTS',
  healthPort: 'MILLRACE_HEALTH_PORT',
  tlsDirectory: 'MILLRACE_TLS_DIRECTORY',
  tls: 'MILLRACE_TLS',
  manifest: 'MILLRACE_MANIFEST',
  credentialsDirectory: 'MILLRACE_CREDENTIALS_DIRECTORY',
  authorityDirectory: 'MILLRACE_AUTHORITY_DIRECTORY',
  reconnectSeconds: 'MILLRACE_RECONNECT_SECONDS',
  graceSeconds: 'MILLRACE_GRACE_SECONDS',
  spawned: 'MILLRACE_SPAWNED',
};

const parseFile = (file: string, text: string): object => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw new MillraceError('manifest-invalid', `The configuration ${file} is no object of JSON.`, {
    where: { file },
    hint: `Write one with the fields ${Object.keys(workerVariables).join(', ')}.`,
  });
};

/**
 * What a worker is to be, from the text of its file, if it has one, and its variables.
 * @throws MillraceError manifest-invalid naming the field and its variable.
 */
export const workerConfiguration = (
  file: { readonly path: string; readonly text: string } | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): WorkerConfiguration => {
  const values: Record<string, unknown> = file === undefined ? {} : { ...parseFile(file.path, file.text) };
  for (const [field, variable] of Object.entries(workerVariables)) {
    const value = environment[variable];
    if (value !== undefined && value !== '') values[field] = value;
  }
  const result = schema.safeParse(values);
  if (result.success) {
    const { healthPort, tlsDirectory, tls, manifest, credentialsDirectory, authorityDirectory, ...rest } =
      result.data;
    return { ...rest, healthPort, tlsDirectory, tls, manifest, credentialsDirectory, authorityDirectory };
  }
  const [issue] = result.error.issues;
  const field = String(issue?.path[0] ?? '');
  const variable = workerVariables[field as Field];
  throw new MillraceError('manifest-invalid', `The worker cannot use its configuration: ${issue?.message}.`, {
    where: field === '' ? {} : { field },
    hint:
      variable === undefined
        ? 'Correct its file.'
        : `Set “${field}” in its file, or the variable ${variable}.`,
  });
};
