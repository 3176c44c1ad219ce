import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from 'node:http';
import type { AgentOptions } from 'node:https';
import type {
  HttpCall,
  HttpCallListener,
  HttpCallRequest,
  HttpSession,
  HttpSessionSettings,
} from './http-session.ts';

/** After so long without a byte the system asks whether the other side still lives, in ms. */
const keepAliveDelayMs = 30_000;

const agentOf = (secure: boolean, settings: HttpSessionSettings): HttpAgent => {
  const { mostConnections, idleTimeoutMs, tls = {} } = settings;
  const options: AgentOptions = {
    keepAlive: true,
    keepAliveMsecs: keepAliveDelayMs,
    maxSockets: mostConnections,
    timeout: idleTimeoutMs,
    // The connection used last is the one that the other side is least likely to be closing.
    scheduling: 'lifo',
  };
  // An import of the modules would load Node's fetch with them, 30 ms in every thread.
  if (!secure) return new (process.getBuiltinModule('node:http').Agent)(options);
  return new (process.getBuiltinModule('node:https').Agent)({
    ...options,
    ca: tls.authority,
    cert: tls.certificate,
    key: tls.key,
    rejectUnauthorized: tls.unverified !== true,
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  });
};

const plainHeaders = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : `${value}`,
    ]),
  );

const follow = (outgoing: ClientRequest, listener: HttpCallListener): HttpCall => {
  let over = false;
  let answered = false;
  const end = (error: Error | undefined): void => {
    if (over) return;
    over = true;
    if (error !== undefined && !answered && outgoing.reusedSocket) {
      Object.assign(error, { staleConnection: true });
    }
    listener.onEnded(error);
  };
  outgoing.on('error', end);
  outgoing.on('response', (response) => {
    answered = true;
    if (over) return;
    response.on('error', end);
    response.on('data', (bytes: Buffer) => {
      if (!over) listener.onBytes(bytes);
    });
    response.on('end', () => end(undefined));
    listener.onHead(response.statusCode ?? 0, plainHeaders(response));
  });
  return {
    cancel: () => {
      over = true;
      outgoing.destroy();
    },
  };
};

/** Calls over real connections. */
export const openNodeHttpSession = (settings: HttpSessionSettings): HttpSession => {
  const secure = settings.origin.startsWith('https:');
  const agent = agentOf(secure, settings);
  const module = process.getBuiltinModule(secure ? 'node:https' : 'node:http');
  const begin = (call: HttpCallRequest, listener: HttpCallListener): HttpCall => {
    const { method, path, headers, body } = call;
    const outgoing = module.request(`${settings.origin}${path}`, { method, headers, agent });
    outgoing.end(body);
    return follow(outgoing, listener);
  };
  return { begin, close: () => agent.destroy() };
};
