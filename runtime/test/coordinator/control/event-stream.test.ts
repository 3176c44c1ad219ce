import { beforeEach, describe, expect, it } from 'vitest';
import { jobEventSchema } from '../../../src/contract/control/events.ts';
import {
  EventStream,
  heartbeatMs,
  mostEvents,
  mostReaders,
} from '../../../src/coordinator/control/event-stream.ts';
import { TestSystem } from '../../../src/testing/test-system.ts';
import { FakeControl, jobStatus } from './fake-control.ts';
import { serve } from './serve.ts';

/** Someone who reads, as slowly as a test wants. */
class Reader {
  text = '';
  writableLength = 0;
  ended = false;
  destroyed = false;

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  /** What came, as who reads events sees it. */
  get events(): readonly { readonly id: string; readonly sinceMs: number | undefined }[] {
    return this.text
      .split('\n\n')
      .filter((block) => block.startsWith('id: '))
      .map((block) => {
        const [id = '', type = '', data = ''] = block.split('\n').map((line) => line.replace(/^\w+: /, ''));
        const event = jobEventSchema.parse(JSON.parse(data));
        expect(event.type).toBe(type);
        return { id, sinceMs: event.type === 'status' ? event.status.sinceMs : undefined };
      });
  }

  get times(): readonly (number | undefined)[] {
    return this.events.map(({ sinceMs }) => sinceMs);
  }

  get lastId(): string | undefined {
    return this.events.at(-1)?.id;
  }
}

let machine: TestSystem;
let fake: FakeControl;
let stream: EventStream;
beforeEach(() => {
  machine = new TestSystem();
  fake = new FakeControl();
  stream = new EventStream(machine.system, fake.control);
});

const open = async (lastEventId?: string): Promise<Reader> => {
  const reader = new Reader();
  await stream.open(lastEventId, () => reader);
  return reader;
};

describe('a stream of events', () => {
  it('begins with the status of now, and goes on with what happens', async () => {
    fake.change(1);
    const reader = await open();
    expect(reader.times).toEqual([jobStatus.sinceMs]);
    fake.change(2);
    fake.change(3);
    expect(reader.times).toEqual([jobStatus.sinceMs, 2, 3]);
    expect(new Set(reader.events.map(({ id }) => id)).size).toBe(3);
  });

  it('goes on behind the last event that a reader got, with nothing twice and nothing missing', async () => {
    const first = await open();
    fake.change(1);
    fake.change(2);
    const after = first.events[1]?.id;
    fake.change(3);
    expect((await open(after)).times).toEqual([2, 3]);
    expect((await open(first.lastId)).times).toEqual([]);
    expect((await open(first.events[0]?.id)).times).toEqual([1, 2, 3]);
  });

  it('begins with the status again for an event that is forgotten, of another stream, or no event at all', async () => {
    const first = await open();
    for (let i = 1; i <= mostEvents + 1; i++) fake.change(i);
    const run = first.lastId?.split('-')[0];
    for (const id of [
      first.events[0]?.id,
      `other-${mostEvents}`,
      `${run}-${mostEvents + 2}`,
      `${run}--1`,
      `${run}-`,
      'x',
      '',
    ])
      expect((await open(id)).times, id).toEqual([jobStatus.sinceMs]);
    expect((await open(first.events[1]?.id)).times).toHaveLength(mostEvents);
  });

  it('loses nothing that happens while the status is asked for', async () => {
    const status = Promise.withResolvers<typeof jobStatus>();
    fake.instead = () => status.promise;
    const opened = open();
    fake.change(1);
    status.resolve(jobStatus);
    const reader = await opened;
    expect(reader.times).toEqual([jobStatus.sinceMs, 1]);
    expect((await open(reader.events[0]?.id)).times).toEqual([1]);
  });

  it('beats now and then while somebody reads, and not when nobody does', async () => {
    expect(machine.pendingTimers).toBe(0);
    const reader = await open();
    machine.advance(2 * heartbeatMs);
    expect(reader.text.match(/^:$/gm)).toHaveLength(2);
    stream.remove(reader);
    machine.advance(heartbeatMs);
    expect(machine.pendingTimers).toBe(0);
    const next = await open();
    machine.advance(heartbeatMs);
    expect(next.text).toMatch(/:\n\n$/);
  });

  it('drops who reads too slowly and goes on for the others', async () => {
    const [slow, quick] = [await open(), await open()];
    slow.writableLength = 2 ** 20 + 1;
    fake.change(5);
    expect([slow.destroyed, slow.times]).toEqual([true, [jobStatus.sinceMs]]);
    expect(quick.times.at(-1)).toBe(5);
  });

  it('has room for so many readers and refuses more', async () => {
    const readers = await Promise.all(Array.from({ length: mostReaders }, () => open()));
    await expect(open()).rejects.toMatchObject({ code: 'unavailable' });
    stream.remove(readers[0]!);
    await open();
  });

  it('does not keep a reader that is gone before it was let in, and has its place again', async () => {
    for (let i = 0; i < mostReaders + 1; i++) await stream.open(undefined, () => undefined);
    fake.refuseWith('internal', 'No status.');
    for (let i = 0; i < mostReaders + 1; i++) await expect(open()).rejects.toThrow('No status.');
    expect(machine.pendingTimers).toBe(0);
  });

  it('ends for all when it is closed', async () => {
    const reader = await open();
    stream.close();
    expect(reader.ended).toBe(true);
    expect([fake.subscribers, machine.pendingTimers]).toEqual([0, 0]);
    await expect(open()).rejects.toThrow('has ended');
  });
});

describe('events over HTTP', () => {
  it('are pushed as they happen, and again to who comes back', async () => {
    const { url, fake: job } = await serve({ token: undefined });
    const connect = async (headers: Readonly<Record<string, string>> = {}) => {
      const response = await fetch(`${url}/v1/events`, { headers });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      return {
        response,
        until: async (wanted: string): Promise<string> => {
          while (!text.includes(wanted)) {
            const { value, done } = await reader.read();
            if (done) throw new Error(`ended without ${wanted}: ${text}`);
            text += value;
          }
          return text;
        },
        leave: () => reader.cancel(),
      };
    };
    const first = await connect();
    expect(first.response.headers.get('content-type')).toBe('text/event-stream');
    const text = await first.until('"sinceMs":1000');
    const id = /^id: (\S+)$/m.exec(text)?.[1] ?? '';
    job.change(77);
    await first.until('"sinceMs":77');
    await first.leave();
    const second = await connect({ 'last-event-id': id });
    expect(await second.until('"sinceMs":77')).not.toContain('"sinceMs":1000');
    await second.leave();
  });

  it('that cannot begin are refused like everything else', async () => {
    const { ask, fake: job } = await serve();
    job.refuseWith('unavailable', 'The job is not there yet.');
    expect((await ask('/v1/events')).json).toMatchObject({ status: 503 });
    expect((await ask('/v1/events', { method: 'HEAD' })).status).toBe(200);
  });
});
