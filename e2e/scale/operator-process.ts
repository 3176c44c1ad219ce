import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type Program, startProgram } from '../harness/program.ts';
import { type ControlPlane, renderSettings } from './control-plane.ts';

/** Resident memory of a process, in MiB: now, and at its highest since it began. */
export interface Resident {
  readonly nowMib: number;
  readonly peakMib: number;
}

export interface OperatorProcess {
  readonly processId: number;
  /** From its start until it said that it was ready. */
  readonly readyMs: number;
  resident(): Resident;
  /** User and system time so far, in ms. */
  cpuMs(): number;
  log(): string;
  end(): Promise<void>;
}

const built = fileURLToPath(new URL('../../dist/operator/src/main.js', import.meta.url));
const ticksMs = 10;

const residentOf = (processId: number): Resident => {
  const text = readFileSync(`/proc/${processId}/status`, 'utf8');
  const mib = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 102.4) / 10;
  return { nowMib: mib('VmRSS'), peakMib: mib('VmHWM') };
};

/** What its Dockerfile sets. */
const variablesOfImage = (): Readonly<Record<string, string>> => {
  const text = readFileSync(fileURLToPath(new URL('../../operator/Dockerfile', import.meta.url)), 'utf8');
  const words = /^ENV (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
  return Object.fromEntries(words.map((word) => word.split(/=(.*)/).slice(0, 2)));
};

export interface OperatorChoice {
  readonly namespaces: readonly string[];
  /** What starts it instead of Node alone, to bound what it may take. */
  readonly before?: readonly string[];
  /** Absent = what `npm run build` makes. */
  readonly program?: string | undefined;
  readonly nodeFlags?: readonly string[];
  readonly logLevel?: string;
}

/** Starts the operator as its image does, and waits until its probe says that it is ready. */
export const startOperator = async (
  { server, accountFolder, identityFolder, folder: parent }: ControlPlane,
  { namespaces, before = [], program = built, nodeFlags = [], logLevel = 'info' }: OperatorChoice,
): Promise<OperatorProcess> => {
  const folder = mkdtempSync(join(parent, 'operator-'));
  const port = await freePort();
  const logFile = join(folder, 'operator.log');
  const { hostname, port: serverPort } = new URL(server.url);
  const [command, ...args] = [...before, process.execPath, ...nodeFlags, program];
  const beganMs = performance.now();
  const { processId, end }: Program = await startProgram({
    name: 'the operator',
    command,
    args,
    environment: {
      ...variablesOfImage(),
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: serverPort,
      MILLRACE_SERVICE_ACCOUNT_DIRECTORY: accountFolder,
      MILLRACE_RUNTIME_IMAGE: renderSettings.runtimeImage,
      MILLRACE_OPERATOR_NAMESPACE: renderSettings.operatorNamespace,
      MILLRACE_WATCH_NAMESPACES: namespaces.join(','),
      MILLRACE_CLUSTER_ID: renderSettings.clusterId,
      MILLRACE_CLIENT_TLS_DIRECTORY: identityFolder,
      MILLRACE_HEALTH_PORT: `${port}`,
      MILLRACE_POD_NAME: `operator-${port}`,
      MILLRACE_LOG_LEVEL: logLevel,
    },
    logFile,
    ready: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
      return answer?.ok ?? false;
    },
    limitMs: 180_000,
  });
  return {
    processId,
    readyMs: Math.round(performance.now() - beganMs),
    resident: () => residentOf(processId),
    cpuMs: () => {
      const fields = readFileSync(`/proc/${processId}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * ticksMs;
    },
    log: () => readFileSync(logFile, 'utf8'),
    end: () => end('SIGTERM'),
  };
};
