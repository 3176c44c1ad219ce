import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { PeerCertificate } from 'node:tls';
import { certificateNames } from './certificate-names.ts';
import type { Http, HttpAnswer, HttpRequest } from './http.ts';
import { connectPinned, OwnContext } from './pinned-connection.ts';

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

const begin = (
  { method, url, headers, tls, peerIdentity, signal, timeoutMs }: HttpRequest,
  own: OwnContext,
): ClientRequest => {
  const named = { method: method.toUpperCase(), headers, ...(signal === undefined ? {} : { signal }) };
  const { fingerprint } = tls ?? {};
  if (fingerprint !== undefined) {
    const createConnection: RequestOptions['createConnection'] = (_options, onCreated) => {
      connectPinned({ url, timeoutMs }, own.for(tls ?? {}), fingerprint, onCreated);
      return undefined;
    };
    return process.getBuiltinModule('node:https').request(url, { ...named, createConnection });
  }
  // A connection of its own: nothing is kept that would hold the process.
  const options = { ...named, agent: false };
  if (!url.startsWith('https:')) return process.getBuiltinModule('node:http').request(url, options);
  const { certificate: cert, key, authority: ca } = tls ?? {};
  const checkServerIdentity = (_host: string, { subjectaltname }: PeerCertificate): Error | undefined => {
    const names = certificateNames(subjectaltname);
    if (names.includes(peerIdentity ?? '')) return undefined;
    return failure('ERR_TLS_CERT_ALTNAME_INVALID', `${url} is ${names.join(', ')}, not ${peerIdentity}.`);
  };
  const check = peerIdentity === undefined ? {} : { checkServerIdentity };
  return process.getBuiltinModule('node:https').request(url, { ...options, cert, key, ca, ...check });
};

/** Reads an answer to its end, as long as it is not longer than is allowed. */
const read = (
  response: IncomingMessage,
  { mostBytes, onBytes }: HttpRequest,
  done: (answer: HttpAnswer) => void,
): void => {
  const chunks: Buffer[] = [];
  let length = 0;
  const take = response.statusCode === 200 ? onBytes : undefined;
  response.on('data', (chunk: Buffer) => {
    if (take !== undefined) {
      try {
        return take(chunk);
      } catch (error) {
        return response.destroy(error as Error);
      }
    }
    length += chunk.length;
    if (length > mostBytes) {
      response.destroy(failure('EMSGSIZE', `The answer is longer than ${mostBytes} bytes.`));
    } else chunks.push(chunk);
  });
  response.on('end', () =>
    done({
      status: response.statusCode ?? 0,
      body: Buffer.concat(chunks).toString('utf8'),
      ...(response.headers.location === undefined ? {} : { location: response.headers.location }),
    }),
  );
};

/** Ends the call when it takes too long: to answer at all, or to say more. */
const limit = (call: ClientRequest, { url, timeoutMs, silenceMs }: HttpRequest): { stop(): void } => {
  const endIn = (limitMs: number): NodeJS.Timeout =>
    setTimeout(
      () => call.destroy(failure('ETIMEDOUT', `${url} did not answer within ${limitMs} ms.`)),
      limitMs,
    );
  let timer = endIn(timeoutMs);
  const stop = (): void => clearTimeout(timer);
  if (silenceMs === undefined) return { stop };
  call.on('response', (response) => {
    stop();
    timer = endIn(silenceMs);
    response.on('data', () => timer.refresh());
  });
  return { stop };
};

const send = (request: HttpRequest, own: OwnContext): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const call = begin(request, own);
    const limited = limit(call, request);
    const end = (settle: () => void): void => {
      limited.stop();
      settle();
    };
    call.on('error', (error) => end(() => reject(error)));
    call.on('response', (response) => {
      response.on('error', (error) => end(() => reject(error)));
      read(response, request, (answer) => end(() => resolve(answer)));
    });
    call.end(request.body);
  });

export const createNodeHttpRequest = (): Http['request'] => {
  const own = new OwnContext();
  return (request) => send(request, own);
};
