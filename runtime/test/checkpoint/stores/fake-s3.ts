import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** Without the bucket; empty = the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What happens to a request in place of, or after, what should. */
export type Fault =
  | { readonly kind: 'resetBefore' | 'resetAfter' | 'silence' | 'truncate' }
  | { readonly kind: 'answer'; readonly status: number; readonly body: string };

/** An S3 error as servers send it. */
export const s3Refusal = (status: number, code: string, message = `the words of ${code}`): Fault => ({
  kind: 'answer',
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});

interface Reply {
  readonly status: number;
  readonly body?: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
}

const failed = (status: number, code: string): Reply => ({
  status,
  body: `<Error><Code>${code}</Code><Message>${code}.</Message></Error>`,
});

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/**
 * The part of S3 that Millrace uses, faithful in conditions, ranges and listing (by pages), one bucket named `bucket`. Signatures are
 * not looked at, only whose they are.
 */
export class FakeS3 {
  readonly seen: SeenRequest[] = [];
  accessKeyId = 'the-access-key';
  sessionToken: string | undefined;
  /** Older servers know no `If-None-Match`. */
  ignoresConditions = false;
  pageSize = 1000;
  /** Asked for each request before it is handled. */
  fault: (request: SeenRequest, number: number) => Fault | undefined = () => undefined;
  private readonly objects = new Map<string, { readonly body: Buffer; readonly modified: Date }>();
  private readonly server = createServer((request, response) => void this.serve(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => void this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => void this.server.close(resolve));
  }

  keys(): readonly string[] {
    return [...this.objects.keys()].sort();
  }

  set(key: string, body: string): void {
    this.objects.set(key, { body: Buffer.from(body), modified: new Date(0) });
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '', 'http://fake');
    const [, bucket = '', ...names] = url.pathname.split('/');
    const request: SeenRequest = {
      method: incoming.method ?? '',
      key: decodeURIComponent(names.join('/')),
      query: url.searchParams,
      headers: incoming.headers,
      body: await readBody(incoming).catch(() => Buffer.alloc(0)),
    };
    const fault = this.fault(request, this.seen.length);
    this.seen.push(request);
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'resetBefore') return void incoming.socket.destroy();
    const reply = fault?.kind === 'answer' ? fault : this.answer(bucket, request);
    const body = Buffer.from(reply.body ?? '');
    const cut = fault?.kind === 'truncate';
    if (fault?.kind === 'resetAfter' || (cut && body.length === 0)) return void incoming.socket.destroy();
    response.writeHead(reply.status, {
      ...('headers' in reply ? reply.headers : {}),
      'content-length': body.length,
    });
    if (!cut) return void response.end(request.method === 'HEAD' ? undefined : body);
    response.write(body.subarray(0, body.length / 2), () => incoming.socket.destroy());
  }

  private answer(bucket: string, request: SeenRequest): Reply {
    const { method, key, headers } = request;
    if (headers.authorization?.includes(`Credential=${this.accessKeyId}/`) !== true)
      return failed(403, 'InvalidAccessKeyId');
    if (headers['x-amz-security-token'] !== this.sessionToken) return failed(400, 'ExpiredToken');
    if (bucket !== 'bucket') return failed(404, 'NoSuchBucket');
    if (method === 'PUT') return this.put(request);
    if (method === 'DELETE') {
      this.objects.delete(key);
      return { status: 204 };
    }
    return key === '' ? this.list(request.query) : this.get(request);
  }

  private put({ key, headers, body }: SeenRequest): Reply {
    const from = headers['x-amz-copy-source'];
    if (from !== undefined) {
      const object = this.objects.get(decodeURIComponent(String(from)).replace('/bucket/', ''));
      if (object === undefined) return failed(404, 'NoSuchKey');
      this.objects.set(key, object);
      return { status: 200, body: '<CopyObjectResult><ETag>x</ETag></CopyObjectResult>' };
    }
    const refused = headers['if-none-match'] === '*' && this.objects.has(key) && !this.ignoresConditions;
    if (refused) return failed(412, 'PreconditionFailed');
    this.objects.set(key, { body, modified: new Date(0) });
    return { status: 200 };
  }

  private get({ key, headers }: SeenRequest): Reply {
    const object = this.objects.get(key);
    if (object === undefined) return failed(404, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
    if (range === null) return { status: 200, body: object.body };
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (from >= object.body.length) return failed(416, 'InvalidRange');
    return { status: 206, body: object.body.subarray(from, to + 1) };
  }

  private list(query: URLSearchParams): Reply {
    const keys = this.keys().filter((key) => key.startsWith(query.get('prefix') ?? ''));
    const from = Number((query.get('continuation-token') ?? 'at/+=0').slice('at/+='.length));
    const contents = keys.slice(from, from + this.pageSize).map((key) => {
      const { body, modified } = this.objects.get(key)!;
      return `<Contents><Key>${key}</Key><LastModified>${modified.toISOString()}</LastModified><Size>${body.length}</Size></Contents>`;
    });
    const more = from + this.pageSize < keys.length;
    const next = more ? `<NextContinuationToken>at/+=${from + this.pageSize}</NextContinuationToken>` : '';
    return {
      status: 200,
      body: `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
    };
  }
}
