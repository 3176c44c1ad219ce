import { MillraceError } from '../contract/errors.ts';

/** An option of `millrace run` that a coordinator is given, by the name of its field in a file and of its variable. */
interface CoordinatorOption {
  readonly field: string;
  readonly variable: string;
  readonly option: string;
  readonly isNeeded?: boolean;
}

const options: readonly CoordinatorOption[] = [
  { field: 'listen', variable: 'MILLRACE_LISTEN', option: '--listen', isNeeded: true },
  { field: 'jobUid', variable: 'MILLRACE_JOB_UID', option: '--job-uid', isNeeded: true },
  { field: 'deployment', variable: 'MILLRACE_DEPLOYMENT', option: '--deployment' },
  { field: 'slotsPerWorker', variable: 'MILLRACE_SLOTS', option: '--slots-per-worker' },
  { field: 'tlsDirectory', variable: 'MILLRACE_TLS_DIRECTORY', option: '--tls-directory' },
  { field: 'tls', variable: 'MILLRACE_TLS', option: '--tls' },
  { field: 'controlPort', variable: 'MILLRACE_CONTROL_PORT', option: '--control-port' },
  { field: 'controlHost', variable: 'MILLRACE_CONTROL_HOST', option: '--control-host' },
  { field: 'controlTokenFile', variable: 'MILLRACE_CONTROL_TOKEN_FILE', option: '--control-token-file' },
  {
    field: 'controlTlsDirectory',
    variable: 'MILLRACE_CONTROL_TLS_DIRECTORY',
    option: '--control-tls-directory',
  },
  {
    field: 'controlClientAuthority',
    variable: 'MILLRACE_CONTROL_CLIENT_AUTHORITY',
    option: '--control-client-authority',
  },
  { field: 'codeDirectory', variable: 'MILLRACE_CODE_DIRECTORY', option: '--code-directory' },
  {
    field: 'credentialsDirectory',
    variable: 'MILLRACE_CREDENTIALS_DIRECTORY',
    option: '--credentials-directory',
  },
  { field: 'authorityDirectory', variable: 'MILLRACE_AUTHORITY_DIRECTORY', option: '--authority-directory' },
  { field: 'namespace', variable: 'MILLRACE_NAMESPACE', option: '--namespace' },
  { field: 'clusterId', variable: 'MILLRACE_CLUSTER_ID', option: '--cluster-id' },
  { field: 'restoreSavepoint', variable: 'MILLRACE_RESTORE_SAVEPOINT', option: '--restore-savepoint' },
  { field: 'healthPort', variable: 'MILLRACE_HEALTH_PORT', option: '--health-port' },
  { field: 'live', variable: 'MILLRACE_LIVE', option: '--live' },
];
const manifest = { field: 'manifest', variable: 'MILLRACE_MANIFEST' };

const known = [manifest, ...options].map(({ field }) => field);

const parseFile = (path: string, text: string): Readonly<Record<string, unknown>> => {
  const refuse = (reason: string): MillraceError =>
    new MillraceError('manifest-invalid', `The configuration ${path} ${reason}.`, {
      where: { file: path },
      hint: `Write an object of JSON with some of the fields ${known.join(', ')}.`,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('is no object');
  const odd = Object.keys(value).find((field) => !known.includes(field));
  if (odd !== undefined) throw refuse(`has a field “${odd}” that nobody knows`);
  return value as Readonly<Record<string, unknown>>;
};

/**
 * The words of the command that a coordinator is, from the text of its file, if it has one, and its variables; a variable wins.
 * @throws MillraceError manifest-invalid naming what is missing.
 */
export const coordinatorWords = (
  file: { readonly path: string; readonly text: string } | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] => {
  const values = file === undefined ? {} : parseFile(file.path, file.text);
  const told = (field: string, variable: string): string | undefined => {
    const value = environment[variable] || values[field];
    return value === undefined ? undefined : String(value as string | number);
  };
  const needed = (field: string, variable: string): string => {
    const value = told(field, variable);
    if (value !== undefined) return value;
    throw new MillraceError('manifest-invalid', `The coordinator is not told its ${field}.`, {
      where: { field },
      hint: `Set “${field}” in its file, or the variable ${variable}.`,
    });
  };
  const words = options.flatMap(({ field, variable, option, isNeeded = false }) => {
    const value = isNeeded ? needed(field, variable) : told(field, variable);
    return value === undefined ? [] : [option, value];
  });
  // In a pod the manifest lies apart from the code: that of an image is where its author put it.
  const isInPod = told('deployment', 'MILLRACE_DEPLOYMENT') !== undefined;
  if (isInPod && told('codeDirectory', 'MILLRACE_CODE_DIRECTORY') === undefined)
    words.push('--code-directory', '.');
  return ['run', needed(manifest.field, manifest.variable), '--log', 'json', '--no-panel', ...words];
};
