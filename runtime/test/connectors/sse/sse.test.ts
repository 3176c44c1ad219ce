import { createConnection, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectorContext, SinkWriter } from '../../../src/api/connectors.ts';
import { type ServerSentEventsOptions, serverSentEvents } from '../../../src/connectors/sse/index.ts';
import { createNodeHttp } from '../../../src/sys/node-http.ts';
import { rowBatch, sinkContext } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

const nodeHttp = createNodeHttp();

interface Page {
  readonly url: string;
  readonly writer: SinkWriter;
  readonly context: ConnectorContext;
  readonly test: TestSystem;
}

const pages: Page[] = [];
const open = async (
  options: Partial<ServerSentEventsOptions> = {},
  files: readonly string[] = [],
  test: TestSystem = new TestSystem(),
): Promise<Page> => {
  for (const text of files) test.files.put('/base/page.html', text);
  const context = { ...sinkContext(test), system: { ...test.system, http: nodeHttp } };
  const writer = await serverSentEvents({ port: 0, ...options }).createWriter(context);
  const url = /http:\S+/.exec(test.logged.at(-1)?.message ?? '')?.[0] ?? '';
  const page = { url, writer, context, test };
  pages.push(page);
  return page;
};

afterEach(async () => {
  for (const { writer } of pages.splice(0)) await writer.close();
});

/** Events as they are without their numbers. */
const withoutIds = (text: string): string => text.replaceAll(/^id: .*\n/gm, '');

/** Reads events until their text holds `end`; without their numbers. */
const readUntil = async (response: Response, end: string): Promise<string> => {
  let text = '';
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (withoutIds(text).includes(end)) break;
  }
  return withoutIds(text);
};

describe('a live page', () => {
  it('pushes every record to whoever looks, as JSON, and says when nothing more comes', async () => {
    const { url, writer } = await open();
    const response = await fetch(`${url}events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    writer.write(rowBatch([{ city: 'Kyiv', at: new Date(0) }, 'text', 7n]));
    await writer.close();
    expect(withoutIds(await response.text())).toBe(
      'data: {"city":"Kyiv","at":"1970-01-01T00:00:00.000Z"}\n\ndata: "text"\n\ndata: "7"\n\nevent: end\ndata: {}\n\n',
    );
  });

  it('shows who comes later the newest records first', async () => {
    const { url, writer } = await open({ history: 2 });
    writer.write(rowBatch([1, 2, 3]));
    const response = await fetch(`${url}events`);
    writer.write(rowBatch([4]));
    expect(await readUntil(response, '4')).toBe('data: 2\n\ndata: 3\n\ndata: 4\n\n');
  });

  it('shows who comes later only the newest record of each key', async () => {
    const { url, writer } = await open({ key: 'city' });
    writer.write(
      rowBatch([
        { city: 'Kyiv', n: 1 },
        { city: 'Oslo', n: 2 },
        { city: 'Kyiv', n: 3 },
      ]),
    );
    const text = await readUntil(await fetch(`${url}events`), '3');
    expect(text).toBe('data: {"city":"Oslo","n":2}\n\ndata: {"city":"Kyiv","n":3}\n\n');
  });

  it('sends a browser that comes back what it missed, by the number of its last event', async () => {
    const { url, writer } = await open();
    writer.write(rowBatch(['seen', 'seen too', 'missed']));
    const first = await (await fetch(`${url}events`)).body?.getReader().read();
    const ids = [...new TextDecoder().decode(first?.value).matchAll(/^id: (.*)$/gm)].map(
      ([, id]) => id ?? '',
    );
    expect(ids).toHaveLength(3);
    const again = await fetch(`${url}events`, { headers: { 'last-event-id': ids[1] ?? '' } });
    writer.write(rowBatch(['new']));
    expect(await readUntil(again, 'new')).toBe('data: "missed"\n\ndata: "new"\n\n');
  });

  it('sends everything to a browser that was at an earlier run of the job', async () => {
    const { url, writer, test } = await open();
    writer.write(rowBatch(['old']));
    const first = await (await fetch(`${url}events`)).body?.getReader().read();
    const [, id = ''] = /^id: (.*)$/m.exec(new TextDecoder().decode(first?.value)) ?? [];
    test.manual.advance(1);
    const second = await open({}, [], test);
    second.writer.write(rowBatch(['a', 'b']));
    const again = await fetch(`${second.url}events`, { headers: { 'last-event-id': id } });
    expect(await readUntil(again, 'b')).toBe('data: "a"\n\ndata: "b"\n\n');
  });

  it('is the file that the job names, or a plain list', async () => {
    const own = await open({ page: 'page.html' }, ['<p>Mine</p>']);
    const response = await fetch(own.url);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toBe('<p>Mine</p>');
    const plain = await open();
    expect(await (await fetch(plain.url)).text()).toContain("new EventSource('events')");
  });

  it('is apart from every other one in the process', async () => {
    const [one, other] = [await open(), await open()];
    const response = await fetch(`${other.url}events`);
    one.writer.write(rowBatch(['one']));
    other.writer.write(rowBatch(['other']));
    expect(await readUntil(response, 'other')).toBe('data: "other"\n\n');
  });
});

const unreading = (url: string): Promise<Socket> =>
  new Promise((resolve) => {
    const { port, hostname } = new URL(url);
    const socket = createConnection(Number(port), hostname, () => {
      socket.write('GET /events HTTP/1.1\r\nhost: here\r\n\r\n');
      socket.once('data', () => {
        socket.pause();
        resolve(socket);
      });
    });
    socket.on('error', () => undefined);
  });

describe('a browser that does not read', () => {
  it('is dropped, while the job goes on and others see everything', async () => {
    const { url, writer, context } = await open({ history: 0 });
    const slow = await unreading(url);
    const dropped = context.metrics.counter('droppedClients');
    const batch = rowBatch(['x'.repeat(200_000)]);
    for (let sent = 0; dropped.value === 0; sent++) {
      if (sent > 1000) throw new Error('The slow browser was never dropped.');
      writer.write(batch);
      await new Promise((resolve) => setImmediate(resolve));
    }
    slow.destroy();
    const response = await fetch(`${url}events`);
    writer.write(rowBatch(['still here']));
    expect(await readUntil(response, 'still')).toBe('data: "still here"\n\n');
    expect(dropped.value).toBe(1);
  });

  it('does not hold up the end of the job', async () => {
    const { url, writer } = await open();
    const slow = await unreading(url);
    writer.write(rowBatch(['x'.repeat(900_000)]));
    await writer.close();
    slow.destroy();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});

describe('serverSentEvents', () => {
  it('runs in one subtask only, and says how', async () => {
    const context = sinkContext(new TestSystem(), { parallelism: 2 });
    await expect(serverSentEvents({ port: 0 }).createWriter(context)).rejects.toMatchObject({
      code: 'job-invalid',
      hint: 'Put .setParallelism(1) behind sinkTo(serverSentEvents(…)).',
    });
  });

  it('names the page that cannot be read, and the port that is taken', async () => {
    await expect(open({ page: 'page.html' })).rejects.toMatchObject({
      code: 'io',
      where: { file: '/base/page.html' },
    });
    const { url } = await open();
    await expect(open({ port: Number(new URL(url).port) })).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('cannot listen on 127.0.0.1') as string,
    });
  });

  it('refuses options that cannot be', () => {
    expect(() => serverSentEvents({ port: -1 })).toThrow(/port/);
    expect(() => serverSentEvents({ port: 0, history: -1 })).toThrow(/history/);
  });
});
