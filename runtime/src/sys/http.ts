/** HTTP: servers (express decides about routes, this is the socket) and single requests. Errors are the platform's, with `code`. */
export interface Http {
  /**
   * Serves `handler` (an express application) at an address; port 0 takes a free one. Rejects when the address cannot be had.
   */
  listen(handler: HttpHandler, address: HttpAddress): Promise<HttpServer>;
  /** The names (URI or DNS) in the certificate that the client of a request has shown; none unless the authority has signed it. */
  peerNames(request: object): readonly string[];
  /** Sends one request and reads the answer to its end, whatever its status. */
  request(request: HttpRequest): Promise<HttpAnswer>;
}

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
  readonly tls?: HttpTls | undefined;
  readonly limits?: HttpLimits | undefined;
}

/** Texts in PEM. With an authority clients are asked for a certificate; whether one is needed is up to the handler. */
export interface HttpTls {
  readonly certificate: string;
  readonly key: string;
  readonly authority?: string | undefined;
}

/** Texts in PEM. The other side is known by who has signed its certificate, or by that very certificate. */
export interface HttpClientTls extends Partial<HttpTls> {
  /** `sha256:` and the hash of the certificate's DER in hexadecimal. Authority, name and validity say nothing then. */
  readonly fingerprint?: string | undefined;
}

/** What a client may take. Who takes longer is answered with 408 or cut off, larger headers with 431. */
export interface HttpLimits {
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly mostHeaderBytes: number;
  readonly mostConnections: number;
}

/** What express makes: a listener for requests. */
export type HttpHandler = (request: never, response: never) => void;

export interface HttpServer {
  readonly port: number;
  /** For who connects from now on. @throws Error when these are no certificates */
  setTls(tls: HttpTls): void;
  /**
   * Takes no new connections and resolves when all are gone: idle ones at once, others when their answer has been sent, or
   * after a second.
   */
  close(): Promise<void>;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** From the begin until the last byte of the answer; until its first one where `silenceMs` is given. */
  readonly timeoutMs: number;
  /** For an answer that goes on: so long nothing may come. */
  readonly silenceMs?: number | undefined;
  /** Ends the request at once, with an error. */
  readonly signal?: AbortSignal | undefined;
  /** A longer answer is an error. */
  readonly mostBytes: number;
  /** Takes the bytes of an answer of the status 200 as they come: then its body is empty, and may be longer than `mostBytes`. */
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined;
  /** For https: who signs the other side's certificate, and what is shown to it. */
  readonly tls?: HttpClientTls | undefined;
  /** A name (URI or DNS) that the other side's certificate must be made out to; absent = the host of the address. */
  readonly peerIdentity?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** Where it is instead, if the answer says so. */
  readonly location?: string | undefined;
}
