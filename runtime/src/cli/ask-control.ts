import { resolve } from 'node:path';
import { type Ask, createAsk } from '../contract/control/client.ts';
import { MillraceError } from '../contract/errors.ts';
import { readToken } from '../coordinator/control/guard.ts';
import type { CommandIo } from './command-io.ts';
import { type ControlOptions, usualControl } from './control-options.ts';

const askWithinMs = 60_000;
const mostBytes = 16 * 1024 * 1024;

const unreachable = (url: string, error: unknown): MillraceError =>
  new MillraceError('io', `No job answers at ${url}: ${(error as Error).message}`, {
    cause: error,
    hint: 'Give the address that the job has logged, with --control; millrace run serves it with --control-port.',
  });

const addressOf = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '') {
    return url.href.replace(/\/$/, '');
  }
  throw new MillraceError('request-invalid', `${text} is no address of a control API.`, {
    hint: `Write it like ${usualControl}.`,
  });
};

/**
 * What asks the job that the options name.
 * @throws MillraceError when an option cannot be; asking throws what the job refuses, and io when nobody answers.
 */
export const controlOf = (io: CommandIo, options: ControlOptions): Ask => {
  const { system, workingDirectory, environment } = io;
  const { authority, tokenFile = environment['MILLRACE_TOKEN_FILE'] } = options;
  const address = addressOf(options.control ?? environment['MILLRACE_CONTROL'] ?? usualControl);
  const token = tokenFile === undefined ? undefined : readToken(system, resolve(workingDirectory, tokenFile));
  const tls =
    authority === undefined
      ? {}
      : { tls: { authority: system.files.readText(resolve(workingDirectory, authority)) } };
  return createAsk(async ({ method, path, body }) => {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const request = { method, url: address + path, headers, body, timeoutMs: askWithinMs, mostBytes, ...tls };
    try {
      return await system.http.request(request);
    } catch (error) {
      throw unreachable(address, error);
    }
  });
};
