/** HTTP servers as connectors need them: express decides about routes, this is the socket. */
export interface HttpServers {
  /**
   * Serves `handler` (an express application) at an address; port 0 takes a free one.
   * Rejects with the platform's error, with `code`, when the address cannot be had.
   */
  listen(handler: HttpHandler, address: HttpAddress): Promise<HttpServer>;
}

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

/** What express makes: a listener for requests. */
export type HttpHandler = (request: never, response: never) => void;

export interface HttpServer {
  readonly port: number;
  /**
   * Takes no new connections and resolves when all are gone: idle ones at once, others when their answer has been sent, or
   * after a second.
   */
  close(): Promise<void>;
}
