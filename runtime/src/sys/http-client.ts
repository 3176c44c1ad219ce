import type { HttpSession, HttpSessionSettings } from './http-session.ts';

/**
 * Connections of an HTTP client, kept open between requests: in the form that clients made for Node take them. Their types are
 * Node's (`http.Agent`, `http.request`) and are not said here: authors of jobs see this file without the types of Node.
 */
export interface HttpConnections {
  readonly agent: unknown;
  /** Node's own, except that a peer that says nothing for the idle time is an error with the code ETIMEDOUT. */
  readonly request: unknown;
  /** Ends all connections, also those in use. Twice is harmless. */
  close(): void;
}

export interface HttpConnectionSettings {
  /** TLS or not. */
  readonly secure: boolean;
  /** Certificates that vouch for the peer, as PEM; undefined = those that Node trusts. */
  readonly authority?: string | undefined;
  readonly idleTimeoutMs: number;
  readonly mostConnections: number;
}

export interface HttpClients {
  open(settings: HttpConnectionSettings): HttpConnections;
  /** For calls of our own to one server. */
  session(settings: HttpSessionSettings): HttpSession;
}
