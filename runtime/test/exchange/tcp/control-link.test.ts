import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../../src/contract/errors.ts';
import { callControl, listenForControl } from '../../../src/exchange/tcp/control-calls.ts';
import type { ControlLink } from '../../../src/exchange/tcp/control-link.ts';
import { value as anyValue } from '../../batch/arbitrary.ts';
import { host, Wire } from './wire.ts';

fc.configureGlobal({ seed: 20_011 });

/** What one end of a link has heard. */
interface Heard {
  readonly messages: unknown[];
  /** How the link ended: what was told. */
  readonly ends: (MillraceError | undefined)[];
}

const listenTo = (link: ControlLink, onMessage: (message: unknown) => void = () => undefined): Heard => {
  const heard: Heard = { messages: [], ends: [] };
  link.listen({
    onMessage: (message) => {
      heard.messages.push(message);
      onMessage(message);
    },
    onClosed: (error) => void heard.ends.push(error),
  });
  return heard;
};

const reception = async (jobUid = 'orders') => {
  const wire = new Wire();
  // A clock that a test may set forward without any timer being called on the way, as when a process was stopped.
  const stopped = { forMs: 0 };
  const monotonicMs = (): number => wire.machine.nowMs + stopped.forMs;
  const system = { ...wire.system, clock: { nowMs: monotonicMs, monotonicMs } };
  const links: ControlLink[] = [];
  const refused: MillraceError[] = [];
  const { port } = await wire.during(
    listenForControl({
      system,
      jobUid,
      host,
      port: 0,
      onLink: (link) => void links.push(link),
      onRefused: (error) => void refused.push(error),
    }),
  );
  const call = (): Promise<ControlLink> =>
    wire.during(
      callControl({
        system,
        jobUid: 'orders',
        address: { host, port },
        name: 'worker 7',
        peer: 'the coordinator',
      }),
    );
  return { wire, port, links, refused, call, stopped };
};

/** Both ends of a link between a worker and its coordinator. */
const linked = async () => {
  const { wire, links, call, stopped } = await reception();
  const worker = await call();
  const [coordinator] = links as [ControlLink];
  return { wire, worker, coordinator, stopped };
};

/** Lets time pass in steps that are shorter than any timer, as on a machine that is not stopped. */
const pass = async (wire: Wire, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 100) {
    wire.machine.advance(100);
    await wire.settle();
  }
};

describe('a control link', () => {
  it('carries any value both ways, in order', async () => {
    const { wire, worker, coordinator } = await linked();
    const atWorker = listenTo(worker);
    const atCoordinator = listenTo(coordinator);
    await fc.assert(
      fc.asyncProperty(fc.array(anyValue), fc.array(anyValue), async (there, back) => {
        atWorker.messages.length = 0;
        atCoordinator.messages.length = 0;
        for (const message of there) worker.send(message);
        for (const message of back) coordinator.send(message);
        await wire.settle();
        expect(atCoordinator.messages).toEqual(there);
        expect(atWorker.messages).toEqual(back);
      }),
      { numRuns: 30 },
    );
  });

  it('names both ends', async () => {
    const { worker, coordinator } = await linked();
    expect(worker.peer).toBe('the coordinator');
    expect(coordinator.peer).toBe('worker 7');
  });

  it('keeps what comes before anybody listens, and how it ended', async () => {
    const { wire, worker, coordinator } = await linked();
    worker.send('early');
    worker.send('bird');
    await wire.settle();
    expect(listenTo(coordinator).messages).toEqual(['early', 'bird']);
    worker.destroy();
    await wire.settle();
    expect(listenTo(coordinator).ends).toHaveLength(1);
  });

  it('sends nothing of a value that it cannot send, and goes on', async () => {
    const { wire, worker, coordinator } = await linked();
    const { messages } = listenTo(coordinator);
    expect(() => worker.send({ a: 1, call: () => 1 })).toThrow(/function/);
    expect(() => worker.send(new Uint8Array(65 * 2 ** 20))).toThrow('is too large to be sent');
    worker.send('next');
    await wire.settle();
    expect(messages).toEqual(['next']);
  });

  it('lives on without messages', async () => {
    const { wire, worker, coordinator } = await linked();
    const ends = [listenTo(worker).ends, listenTo(coordinator).ends];
    await pass(wire, 60_000);
    worker.send('still there');
    expect(ends).toEqual([[], []]);
  });
});

describe('the end of a control link', () => {
  it('is in order when either side says so, behind all messages', async () => {
    const { wire, worker, coordinator } = await linked();
    const atCoordinator = listenTo(coordinator);
    const atWorker = listenTo(worker);
    worker.send('last');
    worker.end();
    worker.send('too late');
    await wire.settle();
    expect(atCoordinator).toEqual({ messages: ['last'], ends: [undefined] });
    expect(atWorker.ends).toEqual([]);
    coordinator.send('nobody hears');
    await pass(wire, 5000);
    expect(wire.machine.pendingTimers).toBe(0);
  });

  it('is noticed at once when the peer has closed', async () => {
    const { wire, worker, coordinator } = await linked();
    const { ends } = listenTo(coordinator);
    worker.destroy();
    await wire.settle();
    expect(ends).toMatchObject([
      {
        code: 'io',
        message: expect.stringMatching(
          /^The link to worker 7 at here:\d+ is lost: it closed the connection\.$/,
        ),
      },
    ]);
  });

  it('is noticed in less than three seconds when the peer is silent', async () => {
    const { wire, worker } = await linked();
    const { ends } = listenTo(worker);
    await pass(wire, 10_000);
    wire.sockets[0]?.pause();
    await pass(wire, 2000);
    expect(ends).toEqual([]);
    await pass(wire, 1000);
    expect(ends).toMatchObject([
      {
        message: expect.stringMatching(
          /^The link to the coordinator at here:\d+ is lost: it has been silent for/,
        ),
      },
    ]);
  });

  it('is not what a process sees that was stopped itself', async () => {
    const { wire, worker, coordinator, stopped } = await linked();
    const { ends } = listenTo(worker);
    listenTo(coordinator);
    stopped.forMs = 60_000;
    await pass(wire, 5000);
    expect(ends).toEqual([]);
  });

  it('comes with a message that is refused, or damaged', async () => {
    const { wire, worker, coordinator } = await linked();
    const { ends } = listenTo(coordinator, () => {
      throw new Error('this makes no sense');
    });
    worker.send('nonsense');
    await wire.settle();
    expect(ends).toMatchObject([{ message: expect.stringContaining('is lost: this makes no sense.') }]);
    const second = await linked();
    const damaged = listenTo(second.coordinator);
    second.wire.change = (bytes) => bytes.with(bytes.length - 1, 255);
    second.worker.send('damaged');
    await second.wire.settle();
    expect(damaged.messages).toEqual([]);
    expect(damaged.ends).toMatchObject([
      { message: expect.stringContaining('the checksum of a frame is wrong') },
    ]);
  });

  it('comes when the peer takes nothing for too long', async () => {
    const { wire, worker, coordinator } = await linked();
    const { ends } = listenTo(coordinator);
    wire.sockets[0]?.pause();
    const large = new Uint8Array(60 * 2 ** 20);
    for (let i = 0; i < 3; i++) coordinator.send(large);
    expect(ends).toMatchObject([{ message: expect.stringContaining('it has not taken') }]);
    worker.destroy();
  });
});

describe('a caller for control', () => {
  it('of another job is turned away, and both sides say why', async () => {
    const { port, refused, call } = await reception('bids');
    await expect(call()).rejects.toThrow(
      `No connection to the coordinator at here:${port}: it belongs to the job bids, not to orders.`,
    );
    expect(refused).toMatchObject([
      {
        message: expect.stringMatching(
          /^The coordinator has turned away here:\d+: it belongs to the job bids/,
        ),
      },
    ]);
  });
});
