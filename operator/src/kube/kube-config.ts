import { Buffer } from 'node:buffer';
import type { KubeConfig } from '@kubernetes/client-node';
import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import { reasonOf } from '../../../runtime/src/contract/reason.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import { type Access, type AccessSource, rereadAccess } from './access.ts';

/** A file as kubectl has one: certificates, tokens, programs that make tokens (`exec`), OIDC. */
export interface KubeConfigChoice {
  /** Absent = where kubectl looks. */
  readonly path?: string | undefined;
  /** Absent = the file's own. */
  readonly context?: string | undefined;
}

const load = async ({ path, context }: KubeConfigChoice): Promise<KubeConfig> => {
  // Loaded only by who needs it: see in-cluster.ts.
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
  } catch (error) {
    throw new MillraceError('io', `The kubeconfig cannot be read: ${reasonOf(error)}`, {
      cause: error,
      where: path === undefined ? {} : { file: path },
      hint: 'Give the path of a file that `kubectl --kubeconfig FILE config get-contexts` can read, or leave it out.',
    });
  }
  if (context !== undefined) config.setCurrentContext(context);
  return config;
};

const textOf = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : String(value);

const accessOf = async (config: KubeConfig): Promise<Access> => {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new MillraceError('io', `The context “${config.getCurrentContext()}” names no cluster.`, {
      hint: 'Choose one that `kubectl config get-contexts` shows.',
    });
  }
  if (cluster.proxyUrl !== undefined && cluster.proxyUrl !== null) {
    throw new MillraceError('unsupported', `The cluster “${cluster.name}” is reached through a proxy.`, {
      hint: 'Use a context without proxy-url, or run inside of the cluster.',
    });
  }
  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
  await config.applyToHTTPSOptions(options);
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  const basic = textOf(options.auth);
  if (basic !== undefined) headers.push(['authorization', `Basic ${Buffer.from(basic).toString('base64')}`]);
  return {
    origin: cluster.server.replace(/\/+$/, ''),
    headers: Object.fromEntries(headers),
    tls: {
      authority: textOf(options.ca),
      certificate: textOf(options.cert),
      key: textOf(options.key),
      serverName: textOf(options.servername),
      unverified: options.rejectUnauthorized === false,
    },
  };
};

/** How a person, or a program outside of the cluster, reaches an API server. The file is read again when the server refuses. */
export const kubeConfigAccess = (
  { clock }: Pick<System, 'clock'>,
  choice: KubeConfigChoice = {},
): AccessSource => {
  let loaded: Promise<KubeConfig> | undefined;
  const source = rereadAccess(clock, async () => {
    loaded ??= load(choice);
    return accessOf(await loaded);
  });
  return {
    current: source.current,
    refused: () => {
      loaded = undefined;
      source.refused();
    },
  };
};

/** The namespace of the context; undefined = it names none. */
export const namespaceInKubeConfig = async (choice: KubeConfigChoice = {}): Promise<string | undefined> => {
  const config = await load(choice);
  return config.getContextObject(config.getCurrentContext())?.namespace;
};
