/**
 * `delivery` brings the code of a job into a pod: a bundle is fetched, compared with the sum that its manifest names, and unpacked where
 * the coordinator finds it.
 */
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { System } from '../sys/system.ts';
import { type UnpackLimits, unpack } from './unpack.ts';

export interface Bundle {
  readonly url: string;
  readonly sha256: string;
}

export interface FetchLimits extends UnpackLimits {
  /** As it comes. */
  readonly packedBytes: number;
  readonly timeoutMs: number;
  readonly redirects: number;
}

const mebibyte = 1024 * 1024;
export const usualLimits: FetchLimits = {
  packedBytes: 64 * mebibyte,
  bytes: 256 * mebibyte,
  files: 20_000,
  timeoutMs: 120_000,
  redirects: 5,
};

const failed = (url: string, why: string, hint: string): MillraceError =>
  new MillraceError('io', `The bundle ${url} cannot be fetched: ${why}.`, { hint, where: { url } });

/** Without what may be a secret: addresses that are signed carry it behind the question mark. */
const shown = (url: string): string => url.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');

const canOnlyBeHttp = (url: string): void => {
  if (/^https?:\/\//.test(url)) return;
  throw failed(shown(url), 'it is at no address of http or https', 'Name it by https, signed if it must be.');
};

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly bytes: Uint8Array;
}

const ask = async (
  { http }: Pick<System, 'http'>,
  url: string,
  { packedBytes, timeoutMs }: FetchLimits,
): Promise<Answer> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  const onBytes = (bytes: Uint8Array): void => {
    length += bytes.length;
    if (length > packedBytes) throw new Error(`it is larger than ${packedBytes / mebibyte} MiB`);
    parts.push(bytes);
  };
  try {
    const request = { method: 'GET', url, headers: {}, timeoutMs, mostBytes: 65_536, onBytes };
    const { status, location } = await http.request(request);
    return { status, location, bytes: Buffer.concat(parts) };
  } catch (error) {
    throw failed(
      shown(url),
      reasonOf(error),
      'Look whether the address is right, and reached from the cluster.',
    );
  }
};

const download = async (
  system: Pick<System, 'http'>,
  first: string,
  limits: FetchLimits,
): Promise<Uint8Array> => {
  let url = first;
  for (let redirects = 0; redirects <= limits.redirects; redirects++) {
    canOnlyBeHttp(url);
    const { status, location, bytes } = await ask(system, url, limits);
    if (status === 200) return bytes;
    if (status < 300 || status >= 400 || location === undefined)
      throw failed(
        shown(url),
        `the answer is ${status}`,
        'Look whether the address is right, and may be read by everyone who has it.',
      );
    const next = new URL(location, url).href;
    if (url.startsWith('https:') && !next.startsWith('https:'))
      throw failed(shown(url), `it leads to ${shown(next)}, which is not safe`, 'Name the address itself.');
    url = next;
  }
  throw failed(
    shown(first),
    `it leads elsewhere more than ${limits.redirects} times`,
    'Name the address itself.',
  );
};

/** Brings a bundle into a folder. Resolves with how many files and directories it had. @throws MillraceError what is wrong with it */
export const fetchBundle = async (
  system: Pick<System, 'compression' | 'files' | 'hashing' | 'http'>,
  { url, sha256 }: Bundle,
  folder: string,
  limits: FetchLimits = usualLimits,
): Promise<number> => {
  const packed = await download(system, url, limits);
  const found = system.hashing.sha256(packed);
  if (found === sha256) return unpack(system, packed, folder, limits);
  throw new MillraceError(
    'job-invalid',
    `The bundle ${shown(url)} is another one than was meant: its sha256 sum is ${found}.`,
    {
      hint: 'Compare it with spec.job.code.bundle.sha256: `sha256sum bundle.tgz` prints it.',
      where: { url: shown(url), expected: sha256 },
    },
  );
};
