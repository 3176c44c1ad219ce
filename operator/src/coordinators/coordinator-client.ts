/**
 * `coordinators` dials the coordinators of jobs: asks them for what is wished, and follows what happens to their jobs. It dials an observed
 * address, and believes whoever shows the certificate that was observed with it; nothing is looked up and nobody is tried again here.
 */
import {
  type Ask,
  type ControlAnswer,
  type ControlCall,
  createAsk,
  readRefusal,
} from '../../../runtime/src/contract/control/client.ts';
import type { JobEvent } from '../../../runtime/src/contract/control/events.ts';
import { eventsPath } from '../../../runtime/src/contract/control/routes.ts';
import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import { reasonOf } from '../../../runtime/src/contract/reason.ts';
import type { HttpRequest } from '../../../runtime/src/sys/http.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import { EventText } from './event-text.ts';

/** Who the operator is. Texts in PEM. */
export interface ClientIdentity {
  readonly certificate: string;
  readonly key: string;
}

/** How a coordinator and the operator know each other. */
export type CoordinatorTrust =
  /** By certificates: the coordinator's of this fingerprint (`sha256:…`), and the operator's of now, whose file may change. */
  | { readonly fingerprint: string; readonly identity: () => ClientIdentity }
  /** By a token, over plain HTTP: on this machine only. */
  | { readonly token: string };

export interface CoordinatorAddress {
  readonly host: string;
  readonly port: number;
}

/** Who is told what happens to a job. Neither may throw. */
export interface CoordinatorListener {
  /** The whole status comes first. */
  onEvent(event: JobEvent): void;
  /** Once, last: the coordinator is gone, silent, or somebody else. Whoever wants to go on follows again, after a while. */
  onEnded(error: MillraceError): void;
}

export interface Following {
  /** Nothing is told any more, `onEnded` neither. Twice is harmless. */
  close(): void;
}

export interface CoordinatorClient {
  /** Every question ends within 30 s. @throws MillraceError what the coordinator refuses, and io when it does not answer. */
  readonly ask: Ask;
  /** Opens the one event stream. */
  follow(listener: CoordinatorListener): Following;
}

const askWithinMs = 30_000;
const streamWithinMs = 10_000;
/** A coordinator says something every 15 s, if only that it is there. */
const silenceMs = 45_000;
const mostBytes = 4 * 1024 * 1024;

const unanswered = (url: string, error: unknown): MillraceError =>
  MillraceError.is(error)
    ? error
    : new MillraceError('io', `The coordinator at ${url} does not answer: ${reasonOf(error)}`, {
        cause: error,
        where: { coordinator: url },
        hint: 'It is dialled again. See whether its pod runs, and whether a network policy lets the operator through to it.',
      });

const hasEnded = (url: string): MillraceError =>
  new MillraceError('io', `The coordinator at ${url} has ended its event stream.`, {
    where: { coordinator: url },
    hint: 'It is dialled again, or the next one when it is there.',
  });

/** A coordinator as the operator sees it. Makes no connection yet; each call makes one of its own. */
export const createCoordinatorClient = (
  { http }: Pick<System, 'http'>,
  { host, port }: CoordinatorAddress,
  trust: CoordinatorTrust,
): CoordinatorClient => {
  const scheme = 'token' in trust ? 'http' : 'https';
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const requestOf = ({ method, path, body }: ControlCall): Omit<HttpRequest, 'timeoutMs'> => ({
    method,
    url: url + path,
    headers: {
      ...('token' in trust ? { authorization: `Bearer ${trust.token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body,
    mostBytes,
    tls: 'token' in trust ? undefined : { ...trust.identity(), fingerprint: trust.fingerprint },
  });
  const send = async (call: ControlCall): Promise<ControlAnswer> => {
    try {
      return await http.request({ ...requestOf(call), timeoutMs: askWithinMs });
    } catch (error) {
      throw unanswered(url, error);
    }
  };
  /** Ends with the stream. */
  const read = async (onEvent: (event: JobEvent) => void, signal: AbortSignal): Promise<MillraceError> => {
    try {
      const text = new EventText(onEvent);
      const answer = await http.request({
        ...requestOf({ method: 'get', path: eventsPath }),
        timeoutMs: streamWithinMs,
        silenceMs,
        signal,
        onBytes: (bytes) => text.take(bytes),
      });
      readRefusal('getStatus', answer);
      return hasEnded(url);
    } catch (error) {
      return unanswered(url, error);
    }
  };
  const follow = (listener: CoordinatorListener): Following => {
    const abort = new AbortController();
    const onEvent = (event: JobEvent): void => {
      if (!abort.signal.aborted) listener.onEvent(event);
    };
    void read(onEvent, abort.signal).then((error) => {
      if (!abort.signal.aborted) listener.onEnded(error);
    });
    return { close: () => abort.abort() };
  };
  return { ask: createAsk(send), follow };
};
