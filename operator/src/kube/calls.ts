import { Buffer } from 'node:buffer';
import type {
  HttpCallError,
  HttpCallRequest,
  HttpSession,
  HttpSessionSettings,
} from '../../../runtime/src/sys/http-session.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import type { Access, AccessSource } from './access.ts';
import { KubeError } from './errors.ts';

/** One call to an API server. */
export interface Call {
  readonly method: 'DELETE' | 'GET' | 'PATCH' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly body?: object | undefined;
  /** Of the body; absent = `application/json`. */
  readonly contentType?: string | undefined;
  /** What is asked, as it stands in errors: `list pods in shop`. */
  readonly what: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface CallLimits {
  /** From the begin until the last byte. */
  readonly timeoutMs: number;
  /** Of an answer; a longer one is an error. */
  readonly mostBytes: number;
}

/** Servers close idle connections after 90 s, balancers in between after 60 s. */
const idleTimeoutMs = 30_000;
const program = 'millrace';

/** An answer that did not come, or not whole. */
export const unanswered = (what: string, cause: Error | string): KubeError =>
  new KubeError(
    'unavailable',
    `The API server did not answer to ${what}: ${typeof cause === 'string' ? cause : cause.message}`,
    typeof cause === 'string' ? {} : { cause },
  );

/** A call as HTTP has it. */
export const requestOf = ({ method, path, body, contentType }: Call, access: Access): HttpCallRequest => {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const content =
    text === undefined
      ? {}
      : { 'content-type': contentType ?? 'application/json', 'content-length': `${Buffer.byteLength(text)}` };
  const headers = { accept: 'application/json', 'user-agent': program, ...content, ...access.headers };
  return { method, path, headers, body: text };
};

/** Makes the call and reads the answer, whatever its status. Rejects with a `KubeError` of the code `unavailable`. */
const exchange = (
  session: HttpSession,
  call: Call,
  access: Access,
  limits: CallLimits,
  timers: System['timers'],
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let status = 0;
    let headers: Readonly<Record<string, string>> = {};
    let length = 0;
    const parts: Uint8Array[] = [];
    const limit = timers.after(limits.timeoutMs, () => {
      under.cancel();
      reject(unanswered(call.what, `it took more than ${limits.timeoutMs} ms`));
    });
    const under = session.begin(requestOf(call, access), {
      onHead: (gotStatus, gotHeaders) => {
        status = gotStatus;
        headers = gotHeaders;
      },
      onBytes: (bytes) => {
        length += bytes.length;
        parts.push(bytes);
        if (length <= limits.mostBytes) return;
        under.cancel();
        limit.cancel();
        reject(unanswered(call.what, `the answer is longer than ${limits.mostBytes} bytes`));
      },
      onEnded: (error) => {
        limit.cancel();
        if (error === undefined) resolve({ status, headers, body: Buffer.concat(parts).toString('utf8') });
        else reject(unanswered(call.what, error));
      },
    });
  });

const wasStale = (error: unknown): boolean =>
  KubeError.is(error) && (error.cause as HttpCallError | undefined)?.staleConnection === true;

/** Connections to one API server, with the credentials of now. */
export class Connections {
  private readonly clients: System['httpClients'];
  private readonly timers: System['timers'];
  private readonly access: AccessSource;
  private readonly mostConnections: number;
  private open: { readonly key: string; readonly session: HttpSession } | undefined;
  /** Made with credentials of before: what is under way on them goes on. */
  private readonly sessions: HttpSession[] = [];

  constructor(
    { httpClients, timers }: Pick<System, 'httpClients' | 'timers'>,
    access: AccessSource,
    mostConnections: number,
  ) {
    this.clients = httpClients;
    this.timers = timers;
    this.access = access;
    this.mostConnections = mostConnections;
  }

  /**
   * Rejects with a `KubeError` when there is no answer, or when credentials cannot be had. Repeated once with new credentials where those
   * of before are refused, and where a call that changes nothing met a connection that was just being closed.
   */
  async send(call: Call, limits: CallLimits): Promise<Answer> {
    const answer = await this.sendOnce(call, limits).catch((error: unknown) => {
      if (call.method === 'GET' && wasStale(error)) return this.sendOnce(call, limits);
      throw error;
    });
    if (answer.status !== 401) return answer;
    this.access.refused();
    return await this.sendOnce(call, limits);
  }

  /** The session to use now; for calls whose answer is told as it comes. */
  async session(what: string): Promise<{ readonly session: HttpSession; readonly access: Access }> {
    const access = await this.access.current().catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new KubeError('unauthorized', `There are no credentials to ${what}: ${message}`, { cause });
    });
    return { session: this.sessionFor(access), access };
  }

  /** The credentials in use were refused. */
  refused(): void {
    this.access.refused();
  }

  close(): void {
    for (const session of this.sessions) session.close();
  }

  private async sendOnce(call: Call, limits: CallLimits): Promise<Answer> {
    const { session, access } = await this.session(call.what);
    return await exchange(session, call, access, limits, this.timers);
  }

  private sessionFor({ origin, tls }: Access): HttpSession {
    const key = JSON.stringify([origin, tls]);
    if (this.open?.key === key) return this.open.session;
    const { mostConnections } = this;
    const settings: HttpSessionSettings = { origin, tls, mostConnections, idleTimeoutMs };
    const session = this.clients.session(settings);
    this.open = { key, session };
    this.sessions.push(session);
    return session;
  }
}
