import * as z from 'zod';
import { MillraceError } from '../../runtime/src/contract/errors.ts';

/** How the operator is told what it is: in variables, as its chart sets them. */
export interface OperatorConfiguration {
  /** Of jobs that bring no image of their own. */
  readonly runtimeImage: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Where it runs itself. */
  readonly namespace: string;
  /** Whose StreamJobs it looks after; undefined = all. */
  readonly watchNamespaces: readonly string[] | undefined;
  /** Names this cluster in stores that several share. */
  readonly clusterId: string;
  /** Holds `tls.crt`, `tls.key` and `ca.crt`: who it is to coordinators. */
  readonly clientTlsDirectory: string;
  /** Of probes and metrics. */
  readonly healthPort: number;
  /** Holds the token of those who may see its heap and profiles; undefined = nobody may. */
  readonly lookTokenFile: string | undefined;
  /** Of this pod, and of no other. */
  readonly identity: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** The variable of each field. */
export const operatorVariables: Readonly<Record<keyof OperatorConfiguration, string>> = {
  runtimeImage: 'MILLRACE_RUNTIME_IMAGE',
  imagePullPolicy: 'MILLRACE_IMAGE_PULL_POLICY',
  namespace: 'MILLRACE_OPERATOR_NAMESPACE',
  watchNamespaces: 'MILLRACE_WATCH_NAMESPACES',
  clusterId: 'MILLRACE_CLUSTER_ID',
  clientTlsDirectory: 'MILLRACE_CLIENT_TLS_DIRECTORY',
  healthPort: 'MILLRACE_HEALTH_PORT',
  lookTokenFile: 'MILLRACE_LOOK_TOKEN_FILE',
  identity: 'MILLRACE_POD_NAME',
  logLevel: 'MILLRACE_LOG_LEVEL',
};

const names = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'expected names of namespaces')));

const schema = z.object({
  runtimeImage: z.string().min(1),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
  namespace: z.string().min(1),
  watchNamespaces: names.optional(),
  clusterId: z.string().min(1).max(128).default('default'),
  clientTlsDirectory: z.string().min(1),
  healthPort: z.coerce.number().int().min(0).max(65_535).default(8080),
  lookTokenFile: z.string().optional(),
  identity: z.string().min(1),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** @throws MillraceError manifest-invalid naming the variable */
export const operatorConfiguration = (
  environment: Readonly<Record<string, string | undefined>>,
): OperatorConfiguration => {
  const given = Object.entries(operatorVariables).flatMap(([field, variable]) => {
    const value = environment[variable];
    return value === undefined || value === '' ? [] : [[field, value]];
  });
  const result = schema.safeParse(Object.fromEntries(given));
  if (result.success) {
    const { watchNamespaces, lookTokenFile, ...rest } = result.data;
    return { ...rest, watchNamespaces, lookTokenFile };
  }
  const [issue] = result.error.issues;
  const field = String(issue?.path[0] ?? '') as keyof OperatorConfiguration;
  throw new MillraceError(
    'manifest-invalid',
    `The operator cannot use its configuration: ${issue?.message}.`,
    {
      where: { variable: operatorVariables[field] ?? '' },
      hint: `Set the variable ${operatorVariables[field] ?? ''}; the chart does.`,
    },
  );
};
