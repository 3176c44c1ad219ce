import { describe, expect, it } from 'vitest';
import { EventClients, type EventStream, mostWaitingBytes } from '../../../src/connectors/sse/clients.ts';
import { History } from '../../../src/connectors/sse/history.ts';

/** A browser that reads only when told to. */
class Browser implements EventStream {
  writableLength = 0;
  received = '';
  state: 'open' | 'ended' | 'destroyed' = 'open';

  write(text: string): boolean {
    this.received += text;
    this.writableLength += text.length;
    return this.writableLength < 16_384;
  }

  read(): void {
    this.writableLength = 0;
  }

  end(): void {
    this.state = 'ended';
  }

  destroy(): void {
    this.state = 'destroyed';
  }
}

const page = () => {
  let dropped = 0;
  const clients = new EventClients(new History(10, undefined, 'run'), () => void dropped++);
  return { clients, dropped: () => dropped };
};

describe('the browsers of a live page', () => {
  it('all get what is sent, and who comes later gets the newest first', () => {
    const { clients } = page();
    const [early, late] = [new Browser(), new Browser()];
    clients.add(early);
    clients.send([1, 2]);
    clients.add(late);
    clients.send([3]);
    expect(early.received).toBe('id: run-1\ndata: 1\n\nid: run-2\ndata: 2\n\nid: run-3\ndata: 3\n\n');
    expect(late.received).toBe(early.received);
  });

  it('are dropped when they do not read, and no one else is', () => {
    const { clients, dropped } = page();
    const [slow, quick] = [new Browser(), new Browser()];
    clients.add(slow);
    clients.add(quick);
    const batch = ['x'.repeat(100_000)];
    for (let sent = 0; sent < 50; sent++) {
      clients.send(batch);
      quick.read();
    }
    expect([slow.state, quick.state]).toEqual(['destroyed', 'open']);
    expect([clients.size, dropped()]).toEqual([1, 1]);
    expect(slow.writableLength).toBeLessThanOrEqual(mostWaitingBytes + 2 * 100_000);
  });

  it('are not dropped for one large batch', () => {
    const { clients, dropped } = page();
    const browser = new Browser();
    clients.add(browser);
    clients.send(Array.from({ length: 20 }, () => 'x'.repeat(100_000)));
    browser.read();
    clients.send([1]);
    expect([browser.state, dropped()]).toEqual(['open', 0]);
  });

  it('that have gone get nothing more', () => {
    const { clients } = page();
    const browser = new Browser();
    clients.add(browser);
    clients.remove(browser);
    clients.send([1]);
    expect(browser.received).toBe('');
  });

  it('get what they missed when they come back, and nothing twice', () => {
    const { clients } = page();
    const [before, after] = [new Browser(), new Browser()];
    clients.add(before);
    clients.send([1, 2]);
    clients.remove(before);
    clients.send([3]);
    clients.add(after, 'run-2');
    clients.send([4]);
    expect(after.received).toBe('id: run-3\ndata: 3\n\nid: run-4\ndata: 4\n\n');
    expect(before.received).not.toContain('run-3');
  });

  it('are sent nothing at once when they have missed nothing', () => {
    const { clients } = page();
    clients.send([1]);
    const browser = new Browser();
    clients.add(browser, 'run-1');
    expect(browser.received).toBe('');
  });

  it('are told the end', () => {
    const { clients } = page();
    const browser = new Browser();
    clients.add(browser);
    clients.end();
    expect([browser.received, browser.state]).toEqual(['event: end\ndata: {}\n\n', 'ended']);
    expect(clients.size).toBe(0);
  });
});
