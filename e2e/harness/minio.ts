import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Program, startProgram } from './program.ts';
import { demand, minioTool } from './tools.ts';

export interface MinioSettings {
  /** Those that are there from the begin. */
  readonly buckets: readonly string[];
  /** Paths of PEM files: then it speaks TLS only. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** A MinIO server of one disk, in a folder of its own. */
export interface Minio {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  processId(): number;
  /** SIGKILL: as when the machine loses its power, but for the disk. */
  kill(): Promise<void>;
  /** At the same port with the same data, after `kill`. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

const accessKeyId = 'root-user';
const secretAccessKey = 'root-password-1';
const limitMs = 60_000;

/** A directory of its disk is a bucket. Its certificates lie in another. */
const prepare = (folder: string, { buckets, tls }: MinioSettings): void => {
  for (const bucket of buckets) mkdirSync(join(folder, 'data', bucket), { recursive: true });
  mkdirSync(join(folder, 'certificates'));
  if (tls === undefined) return;
  copyFileSync(tls.certificate, join(folder, 'certificates/public.crt'));
  copyFileSync(tls.key, join(folder, 'certificates/private.key'));
};

/** Whose certificate it shows is of no matter here. */
const isReady = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const answered = (response: IncomingMessage): void => {
      response.resume();
      resolve(response.statusCode === 200);
    };
    const request = url.startsWith('https:')
      ? https.get(url, { rejectUnauthorized: false, agent: false }, answered)
      : http.get(url, { agent: false }, answered);
    request.on('error', () => resolve(false));
  });

/**
 * Starts MinIO on a free port and waits until it is ready.
 * @throws Error with its log when it does not come up.
 */
export const startMinio = async (settings: MinioSettings): Promise<Minio> => {
  demand(minioTool);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-minio-'));
  prepare(folder, settings);
  const port = await freePort();
  const endpoint = `${settings.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const start = async (): Promise<Program> =>
    startProgram({
      name: 'MinIO',
      command: minioTool.path,
      args: [
        'server',
        '--quiet',
        '--certs-dir',
        join(folder, 'certificates'),
        '--address',
        `127.0.0.1:${port}`,
        '--console-address',
        `127.0.0.1:${await freePort()}`,
        join(folder, 'data'),
      ],
      environment: {
        HOME: folder,
        MINIO_ROOT_USER: accessKeyId,
        MINIO_ROOT_PASSWORD: secretAccessKey,
        MINIO_BROWSER: 'off',
        MINIO_UPDATE: 'off',
        MINIO_CI_CD: '1',
      },
      logFile: join(folder, 'log'),
      ready: () => isReady(`${endpoint}/minio/health/ready`),
      limitMs,
    });
  let program = await start();
  return {
    endpoint,
    accessKeyId,
    secretAccessKey,
    processId: () => program.processId,
    kill: () => program.end('SIGKILL'),
    restart: async () => {
      program = await start();
    },
    close: async () => {
      await program.end('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
};
