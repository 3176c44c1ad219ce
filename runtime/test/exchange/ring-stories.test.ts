import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelCredit } from '../../src/exchange/channel.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import { allocateRing } from '../../src/exchange/ring.ts';
import { RingChannels } from '../../src/exchange/ring-channels.ts';
import { allocateSharedLinks } from '../../src/exchange/shared-links.ts';
import { batchOf, exchangeOf, keyedGraph } from './slots.ts';

fc.configureGlobal({ seed: 20_011 });

const slots = 3;

interface Route {
  readonly from: number;
  readonly to: number;
}

const routes: readonly Route[] = [0, 1, 2].flatMap((from) =>
  [0, 1, 2].filter((to) => to !== from).map((to) => ({ from, to })),
);

/** Three slots of one graph in one thread, joined by small rings, and what each channel should bring. */
class World {
  readonly slots: readonly RingChannels[];
  /** By route: what was sent and not yet taken, as texts. */
  readonly expected = routes.map((): string[] => []);
  /** Batches sent and not yet taken. */
  readonly underWay = routes.map(() => 0);
  creditCalls = 0;
  private readonly senders;
  private readonly receivers;

  constructor(ringBytes: number) {
    const graph = keyedGraph(slots);
    const edge = exchangeOf(graph);
    const shared = allocateSharedLinks(graph);
    const rings = shared.rings.map((ring) => ring && allocateRing(ringBytes));
    this.slots = Array.from(
      { length: slots },
      (_, slot) => new RingChannels(graph, slot, { ...shared, rings }),
    );
    this.senders = routes.map(({ from, to }) =>
      (this.slots[from] as RingChannels).sender(edge, to, () => this.creditCalls++),
    );
    this.receivers = routes.map(({ from, to }) =>
      (this.slots[to] as RingChannels).receiver(edge, from, () => undefined),
    );
  }

  send(route: number, element: StreamElement): void {
    this.senders[route]?.send(element);
    this.expected[route]?.push(textOf(element));
    if (element.kind === 'batch') this.underWay[route]! += 1;
  }

  /** Takes what there is on a route, one element, and compares it. */
  take(route: number): boolean {
    const element = this.receivers[route]?.poll();
    if (element === undefined) return false;
    expect(textOf(element)).toBe(this.expected[route]?.shift());
    if (element.kind === 'batch') this.underWay[route]! -= 1;
    return true;
  }

  checkCredit(route: number): void {
    expect(this.senders[route]?.hasCredit()).toBe(this.underWay[route]! < channelCredit);
  }

  /** Goes on until nothing moves any more. */
  settle(): void {
    for (let moved = true; moved; ) {
      moved = false;
      for (const slot of this.slots) if (slot.pump()) moved = true;
      for (const route of routes.keys()) while (this.take(route)) moved = true;
    }
  }
}

const textOf = (element: StreamElement): string => {
  if (element.kind === 'batch') return `batch ${element.rows().slice(0, element.length).join()}`;
  return JSON.stringify(element);
};

const element: fc.Arbitrary<StreamElement> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(99), fc.constantFrom(1, 5, 60))
      .map(([n, size]) => batchOf(`${n}`.repeat(size))),
  },
  { weight: 2, arbitrary: fc.nat(99).map((timeMs): StreamElement => ({ kind: 'watermark', timeMs })) },
  { weight: 1, arbitrary: fc.nat(99).map((id): StreamElement => ({ kind: 'barrier', id })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<StreamElement[]>({ kind: 'idle' }, { kind: 'end', drained: true }),
  },
);

type Act = readonly ['send', number, StreamElement] | readonly ['pump', number] | readonly ['take', number];

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('send' as const), fc.nat(routes.length - 1), element) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('pump' as const), fc.nat(slots - 1)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('take' as const), fc.nat(routes.length - 1)) },
);

describe('a story of channels between three slots', () => {
  it('brings everything in order, and counts credit right, whoever moves when and however small the rings are', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 120, size: 'max' }),
        fc.constantFrom(64, 256, 4096),
        (acts, ringBytes) => {
          const world = new World(ringBytes);
          for (const [kind, at, ...rest] of acts) {
            if (kind === 'send') world.send(at, rest[0] as StreamElement);
            else if (kind === 'pump') world.slots[at]?.pump();
            else world.take(at);
            for (const route of routes.keys()) world.checkCredit(route);
          }
          world.settle();
          expect(world.expected.flat()).toEqual([]);
          expect(world.slots.map((slot) => slot.isEmpty())).toEqual([true, true, true]);
          for (const route of routes.keys()) world.checkCredit(route);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('goes on by its bells alone: slots that sleep are woken until all has come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(routes.length - 1), element), { minLength: 1, maxLength: 40, size: 'max' }),
        async (sent) => {
          const world = new World(64);
          for (const [route, one] of sent) world.send(route, one);
          let left = sent.length;
          await new Promise<void>((resolve) => {
            const run = (slot: number): void => {
              for (const [route, { to }] of routes.entries()) {
                while (to === slot && world.take(route)) left -= 1;
              }
              if (left === 0) resolve();
              else world.slots[slot]?.sleep(() => run(slot));
            };
            for (let slot = 0; slot < slots; slot++) run(slot);
          });
          expect(world.expected.flat()).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
