import type { System } from '../../sys/system.ts';
import type { ObjectStatus, ObjectStore } from '../object-store.ts';
import type { CredentialSource } from './credentials.ts';
import { checkKey, checkPrefix } from './keys.ts';
import { type RetrySettings, withRetries } from './retry.ts';
import type { S3Answer, S3Client, S3Request } from './s3-client.ts';
import { s3Error } from './s3-errors.ts';
import { mayPass, refusal, S3Failure, textOf } from './s3-failure.ts';
import { endlessList, nothingToCopy, tooShort } from './store-errors.ts';

export interface S3StoreSettings {
  readonly place: string;
  /** What all keys begin with; empty, or ends with a slash. */
  readonly prefix: string;
  readonly bucket: string;
  readonly client: S3Client;
  readonly credentials: CredentialSource;
  readonly retry: RetrySettings;
}

/** Objects that are removed at the same time. */
const removedAtOnce = 16;

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

/** Objects in a bucket. Each is one PUT: conditions of uploads in parts are not kept by the client. */
export class S3Store implements ObjectStore {
  readonly place: string;
  private readonly system: Pick<System, 'clock' | 'timers' | 'random'>;
  private readonly settings: S3StoreSettings;
  private closed = false;

  constructor(system: Pick<System, 'clock' | 'timers' | 'random'>, settings: S3StoreSettings) {
    this.system = system;
    this.settings = settings;
    this.place = settings.place;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(this.place, key);
    await this.retrying('write', key, () => this.send({ method: 'PUT', key, body: bytes }, 200));
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    checkKey(this.place, key);
    // Whether a try failed that may have written all the same.
    let uncertain = false;
    const attempt = async (): Promise<'written' | 'exists'> => {
      const headers = { 'if-none-match': '*' };
      const { status } = await this.send({ method: 'PUT', key, headers, body: bytes }, 200, 412);
      if (status === 200) return 'written';
      if (!uncertain) return 'exists';
      const there = await this.read(key);
      if (there === undefined) throw new S3Failure('OperationAborted', 'it was removed meanwhile');
      return same(there, bytes) ? 'written' : 'exists';
    };
    return this.retrying(
      'write',
      key,
      () =>
        attempt().catch((error: unknown) => {
          uncertain ||= mayPass(error);
          throw error;
        }),
      () => (uncertain ? ' Whether it was written is not known.' : ''),
    );
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(this.place, key);
    return this.retrying('read', key, () => this.read(key));
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    checkKey(this.place, key);
    const beyond = tooShort(this.place, key, offset + length);
    return this.retrying('read', key, async () => {
      if (length === 0) {
        const { status, headers } = await this.send({ method: 'HEAD', key }, 200, 404);
        if (status === 404) return undefined;
        if (Number(headers['content-length']) < offset) throw beyond;
        return new Uint8Array();
      }
      const range = { range: `bytes=${offset}-${offset + length - 1}` };
      const { status, body } = await this.send({ method: 'GET', key, headers: range }, 206, 404, 416);
      if (status === 404) return undefined;
      if (status === 416 || body.length < length) throw beyond;
      return body;
    });
  }

  async list(prefix: string): Promise<readonly ObjectStatus[]> {
    checkPrefix(this.place, prefix);
    const found: ObjectStatus[] = [];
    let token: string | undefined;
    do {
      const query = {
        'list-type': '2',
        prefix: this.settings.prefix + prefix,
        ...(token === undefined ? {} : { 'continuation-token': token }),
      };
      const page = await this.retrying('list', prefix, async () =>
        decode((await this.send({ method: 'GET', query }, 200)).body),
      );
      found.push(...this.objectsOf(page));
      const next = textOf(page, 'IsTruncated') === 'true' ? textOf(page, 'NextContinuationToken') : undefined;
      if (next !== undefined && next === token) throw endlessList(this.place, prefix);
      token = next;
    } while (token !== undefined);
    return found.sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(this.place, key);
    for (let from = 0; from < keys.length; from += removedAtOnce) {
      await Promise.all(
        keys
          .slice(from, from + removedAtOnce)
          .map((key) =>
            this.retrying('remove', key, () => this.send({ method: 'DELETE', key }, 200, 204, 404)),
          ),
      );
    }
  }

  async copy(from: string, to: string): Promise<void> {
    checkKey(this.place, from);
    checkKey(this.place, to);
    // A copy of an object onto itself is refused by S3, and is nothing.
    if (from === to && (await this.getRange(from, 0, 0)) !== undefined) return;
    const { bucket, prefix } = this.settings;
    const source = encodeURI(`/${bucket}/${prefix}${from}`).replaceAll('+', '%2B');
    await this.retrying('copy', from, async () => {
      const headers = { 'x-amz-copy-source': source };
      const { status, body } = await this.send({ method: 'PUT', key: to, headers }, 200, 404);
      if (status === 404) throw nothingToCopy(this.place, from);
      // S3 begins its answer before it has copied, and may tell of a failure in it.
      if (decode(body).includes('<Error>')) throw refusal(status, decode(body));
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.settings.client.close();
  }

  /** One request about a key of this store. A missing bucket is never an answer, whatever is expected. */
  private async send(request: S3Request, ...expected: readonly number[]): Promise<S3Answer> {
    const { client, credentials, prefix } = this.settings;
    const answer = await client.send(
      request.key === undefined ? request : { ...request, key: prefix + request.key },
    );
    const missing = answer.status === 404 && textOf(decode(answer.body), 'Code') === 'NoSuchBucket';
    if (expected.includes(answer.status) && !missing) return answer;
    const failure = refusal(answer.status, decode(answer.body));
    if (failure.code === 'ExpiredToken') credentials.renew();
    throw failure;
  }

  private async read(key: string): Promise<Uint8Array | undefined> {
    const { status, body } = await this.send({ method: 'GET', key }, 200, 404);
    return status === 404 ? undefined : body;
  }

  private retrying<Value>(
    doing: string,
    key: string,
    act: () => Promise<Value>,
    more: () => string = () => '',
  ): Promise<Value> {
    return withRetries(
      this.system,
      this.settings.retry,
      act,
      (error) => !this.closed && mayPass(error),
      (end) => s3Error(this.place, key, doing, end, more()),
    );
  }

  private objectsOf(page: string): readonly ObjectStatus[] {
    const elements = page.match(/<Contents>[\s\S]*?<\/Contents>/g) ?? [];
    return elements.map((element) => ({
      key: (textOf(element, 'Key') ?? '').slice(this.settings.prefix.length),
      sizeBytes: Number(textOf(element, 'Size')),
      modifiedMs: Date.parse(textOf(element, 'LastModified') ?? ''),
    }));
  }
}
