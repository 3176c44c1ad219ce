import type { SourceReaderContext } from '../../../src/api/connectors.ts';
import { type HttpIngestOptions, httpIngest } from '../../../src/connectors/http/index.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { MetricGroup } from '../../../src/telemetry/metrics.ts';
import { TestSystem } from '../support/test-system.ts';

/** An answer to a post, read to its end. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** One listening reader, driven by hand: it takes what is posted only when `take` is called. */
export interface Listener {
  readonly url: string;
  wakes: () => number;
  post(body: string | Uint8Array<ArrayBuffer>, init?: RequestInit): Promise<Answer>;
  request(path: string, init?: RequestInit): Promise<Answer>;
  /** Polls once and gives the records and what the poll said. */
  take(): { readonly result: string; readonly records: readonly unknown[] };
  stop(): void;
  close(): Promise<void>;
}

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  const body: unknown = text.startsWith('{') ? JSON.parse(text) : text;
  return { status: response.status, body, headers: response.headers };
};

export const listen = async (
  options: Partial<HttpIngestOptions<unknown>> = {},
  place: { readonly subtask?: number; readonly parallelism?: number } = {},
): Promise<Listener> => {
  const test = new TestSystem();
  let records: unknown[] = [];
  let wakes = 0;
  const context: SourceReaderContext<unknown> = {
    system: createNodeSystem(),
    logger: test.logger,
    metrics: new MetricGroup(),
    transformName: 'httpIngest',
    owner: 'job/httpIngest',
    baseDirectory: '/base',
    subtask: place.subtask ?? 0,
    parallelism: place.parallelism ?? 1,
    attempt: 1,
    wake: () => void wakes++,
    fail: (error) => {
      throw error;
    },
    requestSplit: () => undefined,
    deadLetter: () => undefined,
    split: () => ({
      emit: () => undefined,
      emitBatch: (batch) => void records.push(...batch.rows().slice(0, batch.length)),
      markIdle: () => undefined,
      release: () => undefined,
    }),
  };
  const reader = httpIngest({ port: 0, ...options }).createReader(context);
  await reader.open?.();
  reader.addSplit({ id: 'listener-0' });
  const url = /http:\S+/.exec(test.logged[0]?.message ?? '')?.[0] ?? '';
  return {
    url,
    wakes: () => wakes,
    post: async (body, init = {}) => answerOf(await fetch(url, { method: 'POST', body, ...init })),
    request: async (path, init = {}) => answerOf(await fetch(new URL(path, url), init)),
    take: () => {
      const result = reader.poll();
      const taken = records;
      records = [];
      return { result, records: taken };
    },
    stop: () => reader.stop?.(),
    close: async () => reader.close(),
  };
};
