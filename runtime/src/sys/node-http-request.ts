import type { ClientRequest, IncomingMessage } from 'node:http';
import type { PeerCertificate } from 'node:tls';
import { certificateNames } from './certificate-names.ts';
import type { Http, HttpAnswer, HttpRequest } from './http.ts';

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

const begin = ({ method, url, headers, tls, peerIdentity }: HttpRequest): ClientRequest => {
  // A connection of its own: nothing is kept that would hold the process.
  const options = { method: method.toUpperCase(), headers, agent: false };
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
    done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
  );
};

export const nodeHttpRequest: Http['request'] = (request) =>
  new Promise((resolve, reject) => {
    const { body, timeoutMs, url } = request;
    const call = begin(request);
    const limit = setTimeout(
      () => call.destroy(failure('ETIMEDOUT', `${url} did not answer within ${timeoutMs} ms.`)),
      timeoutMs,
    );
    const end = (settle: () => void): void => {
      clearTimeout(limit);
      settle();
    };
    call.on('error', (error) => end(() => reject(error)));
    call.on('response', (response) => {
      response.on('error', (error) => end(() => reject(error)));
      read(response, request, (answer) => end(() => resolve(answer)));
    });
    call.end(body);
  });
