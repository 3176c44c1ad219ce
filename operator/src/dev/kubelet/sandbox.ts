import { type DevObject, type Fields, fieldsAt, listAt, valueAt } from '../store/values.ts';

/** What a pod finds where: its own address, folders of this machine in place of mounts, addresses in place of names of services. */
export interface Sandbox {
  readonly pod: DevObject;
  readonly address: string;
  /** The folder that stands for a volume of the pod. */
  volumeAt(name: string): string;
  /** The folder that is a container's own. */
  containerAt(name: string): string;
  /** The address of a service of the pod's namespace. */
  serviceAt(name: string): string | undefined;
  /** Of a ConfigMap or Secret of the pod's namespace; undefined = there is none. */
  dataOf(kind: 'ConfigMap' | 'Secret', name: string): Readonly<Record<string, string>> | undefined;
  /** A program of ours, by the name under which images have it. */
  programAt(name: string): string;
  /** Where code lies that no volume brings. */
  readonly codeDirectory: string;
}

/** A container as a process of this machine. */
export interface ContainerProcess {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly terminationLog: string;
}

const terminationLogPath = '/dev/termination-log';
const programPath = /^\/opt\/millrace\/bin\/([\w-]+)\.js$/;
const codePath = '/opt/job';
const anyAddress = '0.0.0.0';
/** Listens on what is a pod's own in a cluster, and here all pods share. */
const liveVariable = 'MILLRACE_LIVE';

/** A path of a container on this machine; what is no path of it stays. */
const realPath = (sandbox: Sandbox, container: Fields, text: string): string => {
  const name = String(container['name']);
  const isAt = (path: string): boolean => text === path || text.startsWith(`${path}/`);
  if (text === terminationLogPath) return `${sandbox.containerAt(name)}/termination-log`;
  const program = programPath.exec(text)?.[1];
  if (program !== undefined) return sandbox.programAt(program);
  const mount = listAt(container, 'volumeMounts')
    .toSorted((one, other) => String(other['mountPath']).length - String(one['mountPath']).length)
    .find(({ mountPath }) => isAt(String(mountPath)));
  if (mount !== undefined) {
    return sandbox.volumeAt(String(mount['name'])) + text.slice(String(mount['mountPath']).length);
  }
  return isAt(codePath) ? sandbox.codeDirectory + text.slice(codePath.length) : text;
};

/** An address as the process must use it: all pods share one machine, and nobody resolves names of services. */
const realAddress = ({ address, serviceAt }: Sandbox, text: string): string => {
  const [, host = '', port = ''] = /^([\w.-]+)(:\d+)?$/.exec(text) ?? [];
  if (host === anyAddress) return address + port;
  return port === '' ? text : (serviceAt(host) ?? host) + port;
};

const fromPod = ({ pod, address }: Sandbox, path: string): string | undefined => {
  if (path === 'status.podIP') return address;
  const [, field, key = ''] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path) ?? [];
  const value =
    field === undefined ? valueAt(pod, ...path.split('.')) : fieldsAt(pod, 'metadata', field)[key];
  return value === undefined ? undefined : String(value);
};

const valueIn = (sandbox: Sandbox, container: Fields, entry: Fields): string | undefined => {
  const { value } = entry;
  if (entry['name'] === liveVariable) return String(value).replace(/^.*(?=:)/, sandbox.address);
  if (typeof value === 'string') return realAddress(sandbox, realPath(sandbox, container, value));
  const field = valueAt(entry, 'valueFrom', 'fieldRef', 'fieldPath');
  if (typeof field === 'string') return fromPod(sandbox, field);
  for (const [source, kind] of [
    ['configMapKeyRef', 'ConfigMap'],
    ['secretKeyRef', 'Secret'],
  ] as const) {
    const { name, key, optional } = fieldsAt(entry, 'valueFrom', source);
    if (name === undefined) continue;
    const found = sandbox.dataOf(kind, String(name))?.[String(key)];
    if (found === undefined && optional !== true) throw new MissingData(kind, String(name), String(key));
    return found;
  }
  return undefined;
};

/** What a pod needs and is not there: it waits for it. */
export class MissingData extends Error {
  constructor(kind: string, name: string, key?: string) {
    super(`${kind.toLowerCase()} "${name}" ${key === undefined ? 'not found' : `has no key ${key}`}`);
  }
}

const wholesale = (sandbox: Sandbox, source: Fields): Readonly<Record<string, string>> => {
  const kind = 'configMapRef' in source ? 'ConfigMap' : 'Secret';
  const { name, optional } = fieldsAt(source, kind === 'ConfigMap' ? 'configMapRef' : 'secretRef');
  const found = sandbox.dataOf(kind, String(name));
  if (found === undefined && optional !== true) throw new MissingData(kind, String(name));
  const prefix = String(source['prefix'] ?? '');
  return Object.fromEntries(Object.entries(found ?? {}).map(([key, value]) => [prefix + key, value]));
};

const textsAt = (container: Fields, name: string): readonly string[] => {
  const found = container[name];
  return Array.isArray(found) ? found.map(String) : [];
};

/** A container, as it is started on this machine. Its command must be `node` and something. @throws MissingData */
export const processOf = (sandbox: Sandbox, container: Fields): ContainerProcess => {
  const [program, ...rest] = [...textsAt(container, 'command'), ...textsAt(container, 'args')];
  if (program !== 'node') throw new MissingData('program', String(program));
  const terminationLog = realPath(sandbox, container, terminationLogPath);
  // Where a program looks that nobody has told otherwise does not exist here.
  const environment: Record<string, string> = { MILLRACE_TERMINATION_LOG: terminationLog };
  for (const source of listAt(container, 'envFrom')) Object.assign(environment, wholesale(sandbox, source));
  for (const entry of listAt(container, 'env')) {
    const value = valueIn(sandbox, container, entry);
    if (value !== undefined) environment[String(entry['name'])] = value;
  }
  return {
    args: rest.map((word) => realPath(sandbox, container, word)),
    environment,
    terminationLog,
  };
};

/** The files of a volume by their names; an empty folder without any. @throws MissingData */
export const filesOf = (sandbox: Sandbox, volume: Fields): Readonly<Record<string, string>> => {
  const { configMap, secret } = volume;
  if (configMap === undefined && secret === undefined) return {};
  const kind = configMap === undefined ? 'Secret' : 'ConfigMap';
  const source = fieldsAt(volume, configMap === undefined ? 'secret' : 'configMap');
  const name = String(source[kind === 'Secret' ? 'secretName' : 'name']);
  const found = sandbox.dataOf(kind, name);
  if (found === undefined && source['optional'] !== true) throw new MissingData(kind, name);
  const items = listAt(source, 'items');
  if (items.length === 0) return found ?? {};
  return Object.fromEntries(items.map(({ key, path }) => [String(path), found?.[String(key)] ?? '']));
};
