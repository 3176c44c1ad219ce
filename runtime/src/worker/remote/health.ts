import type { HttpServer } from '../../sys/http.ts';
import type { System } from '../../sys/system.ts';

/** What little of a request and its response is needed here. */
interface Request {
  readonly url?: string;
}
interface Response {
  writeHead(status: number, headers: Readonly<Record<string, string>>): void;
  end(text: string): void;
}

/** Serves `/healthz`, 200 as long as the process lives, and `/readyz`, 200 while it is ready and 503 else. */
export const serveHealth = (
  system: Pick<System, 'http'>,
  address: { readonly host: string; readonly port: number },
  isReady: () => boolean,
): Promise<HttpServer> =>
  system.http.listen((request: Request, response: Response) => {
    const answer = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`${text}\n`);
    };
    if (request.url === '/healthz') answer(200, 'alive');
    else if (request.url !== '/readyz') answer(404, 'There are /healthz and /readyz here.');
    else if (isReady()) answer(200, 'ready');
    else answer(503, 'It is not ready.');
  }, address);
