/**
 * Calls to one server over connections that are kept between them. What comes back is told as it comes: an answer may be as long,
 * and last as long, as who asks allows. Time limits are the caller's too (`HttpCall.cancel`).
 */
export interface HttpSession {
  begin(request: HttpCallRequest, listener: HttpCallListener): HttpCall;
  /** Ends all connections, also those in use. Twice is harmless. */
  close(): void;
}

export interface HttpSessionSettings {
  /** As in `https://10.0.0.1:6443`. */
  readonly origin: string;
  /** For https. */
  readonly tls?: HttpSessionTls | undefined;
  /** Calls at once; more wait for one of them to end. */
  readonly mostConnections: number;
  /** A connection that nobody uses for so long is closed. Shorter than the other side's own limit, so that none is used while it closes it. */
  readonly idleTimeoutMs: number;
}

/** Texts in PEM. */
export interface HttpSessionTls {
  /** Who signs the server's certificate; absent = those that Node trusts. */
  readonly authority?: string | undefined;
  /** Shown to the server, with its key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the server's certificate must be made out to; absent = the host of the origin. */
  readonly serverName?: string | undefined;
  /** The server may be anyone. */
  readonly unverified?: boolean | undefined;
}

export interface HttpCallRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Who is told about a call: the head once, bytes, and the end last and once. None may throw. */
export interface HttpCallListener {
  /** Names of headers are lower-case. */
  onHead(status: number, headers: Readonly<Record<string, string>>): void;
  onBytes(bytes: Uint8Array): void;
  /** undefined = the answer is complete. An error is the platform's, with `code`. */
  onEnded(error: HttpCallError | undefined): void;
}

export interface HttpCallError extends Error {
  readonly code?: string;
  /** The connection was kept from an earlier call and was closed before any of the answer came: the other side may not have read the call. */
  readonly staleConnection?: boolean;
}

/** A call under way. */
export interface HttpCall {
  /** Nothing is told any more, `onEnded` neither. Twice is harmless. */
  cancel(): void;
}
