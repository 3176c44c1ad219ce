import { resolve } from 'node:path';
import {
  type Ask,
  type ControlAnswer,
  type ControlCall,
  callOf,
  createAsk,
  readRefusal,
} from '../contract/control/client.ts';
import type { RequestOf } from '../contract/control/operations.ts';
import { MillraceError } from '../contract/errors.ts';
import { readToken } from '../coordinator/control/guard.ts';
import type { CommandIo } from './command-io.ts';
import { type ControlOptions, usualControl } from './control-options.ts';

const askWithinMs = 60_000;
/** A profile takes up to a minute, and a heap of many GB takes its time too. */
const downloadWithinMs = 15 * 60_000;
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

/** Sends what is asked to the job that the options name; `onBytes` as in `HttpRequest`. */
type Send = (call: ControlCall, onBytes?: (bytes: Uint8Array) => void) => Promise<ControlAnswer>;

/** @throws MillraceError when an option cannot be; sending throws io when nobody answers. */
const senderOf = (io: CommandIo, options: ControlOptions): Send => {
  const { system, workingDirectory, environment } = io;
  const { authority, tokenFile = environment['MILLRACE_TOKEN_FILE'] } = options;
  const address = addressOf(options.control ?? environment['MILLRACE_CONTROL'] ?? usualControl);
  const token = tokenFile === undefined ? undefined : readToken(system, resolve(workingDirectory, tokenFile));
  const tls =
    authority === undefined
      ? {}
      : { tls: { authority: system.files.readText(resolve(workingDirectory, authority)) } };
  return async ({ method, path, body }, onBytes) => {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const timeoutMs = onBytes === undefined ? askWithinMs : downloadWithinMs;
    const request = { method, url: address + path, headers, body, timeoutMs, mostBytes, onBytes, ...tls };
    try {
      return await system.http.request(request);
    } catch (error) {
      throw unreachable(address, error);
    }
  };
};

/**
 * What asks the job that the options name.
 * @throws MillraceError when an option cannot be; asking throws what the job refuses, and io when nobody answers.
 */
export const controlOf = (io: CommandIo, options: ControlOptions): Ask => createAsk(senderOf(io, options));

/** Asks for a download, whose bytes go to `write` as they come. Throws as asking does, and what `write` throws as io. */
export const downloadFrom = async <O extends 'profileSlot' | 'dumpHeap'>(
  io: CommandIo,
  options: ControlOptions,
  operation: O,
  request: RequestOf<O>,
  write: (bytes: Uint8Array) => void,
): Promise<void> => readRefusal(operation, await senderOf(io, options)(callOf(operation, request), write));
