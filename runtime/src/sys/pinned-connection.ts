import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { HttpClientTls, HttpRequest } from './http.ts';

const fingerprintOf = (der: Uint8Array): string => `sha256:${createHash('sha256').update(der).digest('hex')}`;

const somebodyElse = (url: string, shown: string, wanted: string): Error =>
  Object.assign(
    new Error(
      `${url} shows the certificate ${shown}, not ${wanted}: it is somebody else, or has been replaced.`,
    ),
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  );

/**
 * What is shown of oneself, made once for all connections until it changes: with its own one each takes twice the memory, and the operator
 * has thousands.
 */
export class OwnContext {
  private made:
    | {
        readonly certificate: string | undefined;
        readonly key: string | undefined;
        readonly context: SecureContext;
      }
    | undefined;

  for({ certificate, key }: HttpClientTls): SecureContext {
    const { made } = this;
    if (made !== undefined && made.certificate === certificate && made.key === key) return made.context;
    const context = process
      .getBuiltinModule('node:tls')
      .createSecureContext({ cert: certificate, key, minVersion: 'TLSv1.3' });
    this.made = { certificate, key, context };
    return context;
  }
}

/**
 * A connection to whoever has the very certificate of this fingerprint. It is handed on only when that was shown, so that nobody else
 * gets a byte of the request.
 */
export const connectPinned = (
  { url, timeoutMs }: Pick<HttpRequest, 'url' | 'timeoutMs'>,
  secureContext: SecureContext,
  fingerprint: string,
  onConnected: (error: Error | null, socket: Socket) => void,
): void => {
  const { hostname, port } = new URL(url);
  const socket = process.getBuiltinModule('node:tls').connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 443),
    secureContext,
    // The handshake shows that the other side has the key of its certificate; which one that must be is looked at here.
    rejectUnauthorized: false,
  });
  const fail = (error: Error): void => onConnected(error, socket);
  socket.once('error', fail);
  // The request that it is for has ended by then, and does not know of it.
  socket.setTimeout(timeoutMs, () => socket.destroy());
  socket.once('secureConnect', () => {
    const shown = fingerprintOf(socket.getPeerCertificate().raw);
    if (shown !== fingerprint) return void socket.destroy(somebodyElse(url, shown, fingerprint));
    socket.off('error', fail);
    socket.setTimeout(0);
    onConnected(null, socket);
  });
};
