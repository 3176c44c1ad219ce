import { Client, type ClientOptions } from 'minio';
import type { HttpConnections } from '../../sys/http-client.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { S3Failure } from './s3-failure.ts';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** The full key of the object; undefined = the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface S3ClientSettings {
  readonly host: string;
  readonly port: number | undefined;
  readonly secure: boolean;
  readonly bucket: string;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly connections: HttpConnections;
  readonly credentials: CredentialSource;
}

/** The client judges statuses by a list of those that are fine; we judge them ourselves. */
const anyStatus: readonly number[] = Array.from({ length: 500 }, (_, index) => 100 + index);

/** Strictly, as requests are signed over it. */
const escapeQuery = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const read = async (response: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of response) {
    parts.push(part);
    total += part.length;
  }
  if (total < sizeBytes) throw new S3Failure('ECONNRESET', 'the answer ended early');
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** An error of the client or the platform without what it carries besides its words: requests, headers, keys. */
const toFailure = (error: unknown): unknown => {
  if (!(error instanceof Error) || error.name === 'MillraceError' || error instanceof S3Failure) return error;
  const status = /Retryable HTTP status: (\d+)/.exec(error.message)?.[1];
  if (status !== undefined) return new S3Failure(`HTTP ${status}`, `the answer was ${status}`);
  const { code } = error as { readonly code?: unknown };
  return new S3Failure(typeof code === 'string' && code !== '' ? code : error.name, error.message);
};

/** Signs and sends requests by the client of MinIO, of which nothing else is used: its retries, multipart uploads and helpers have traps. */
export class S3Client {
  private readonly settings: S3ClientSettings;
  private current: { readonly credentials: Credentials; readonly client: Client } | undefined;

  constructor(settings: S3ClientSettings) {
    this.settings = settings;
  }

  /**
   * One try. An answer of any status is an answer, except those that the client takes for passing failures (408, 429, 5xx).
   * @throws S3Failure
   */
  async send({ method, key, query = {}, headers = {}, body }: S3Request): Promise<S3Answer> {
    const client = this.clientFor(await this.settings.credentials.current());
    try {
      const response = await client.makeRequestAsync(
        {
          method,
          bucketName: this.settings.bucket,
          ...(key === undefined ? {} : { objectName: key }),
          query: Object.entries(query)
            .map(([name, value]) => `${name}=${escapeQuery(value)}`)
            .join('&'),
          headers: { ...headers },
        },
        body === undefined ? '' : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
        [...anyStatus],
        this.settings.region,
      );
      const sizeBytes = method === 'HEAD' ? 0 : Number(response.headers['content-length'] ?? 0);
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: await read(response, sizeBytes),
      };
    } catch (error) {
      throw toFailure(error);
    }
  }

  close(): void {
    this.settings.connections.close();
  }

  /** A client keeps its credentials, so there is a new one for new ones. */
  private clientFor(credentials: Credentials): Client {
    const { host, port, secure, region, pathStyle, connections } = this.settings;
    if (this.current?.credentials !== credentials) {
      const client = new Client({
        endPoint: host,
        ...(port === undefined ? {} : { port }),
        useSSL: secure,
        region,
        pathStyle,
        accessKey: credentials.accessKeyId,
        secretKey: credentials.secretAccessKey,
        ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
        transport: { request: connections.request } as NonNullable<ClientOptions['transport']>,
        transportAgent: connections.agent as NonNullable<ClientOptions['transportAgent']>,
        retryOptions: { disableRetry: true },
      });
      this.current = { credentials, client };
    }
    return this.current.client;
  }
}
