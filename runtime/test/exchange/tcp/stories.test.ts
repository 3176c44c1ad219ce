import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChannelReceiver, ChannelSender } from '../../../src/exchange/channel.ts';
import type { StreamElement } from '../../../src/exchange/element.ts';
import { tcpChannelCredit } from '../../../src/exchange/tcp/outgoing-channel.ts';
import { batchOf, exchangeOf, keyedGraph } from '../slots.ts';
import { connectedSlots, type TestSlot, type Wire } from './wire.ts';

fc.configureGlobal({ seed: 20_011 });

const routes = [0, 1, 2].flatMap((from) => [0, 1, 2].filter((to) => to !== from).map((to) => ({ from, to })));

const textOf = (element: StreamElement): string =>
  element.kind === 'batch'
    ? `batch ${element.rows().slice(0, element.length).join()}`
    : JSON.stringify(element);

/** One channel: its ends, and what should come out. */
class Route {
  readonly sender: ChannelSender;
  readonly receiver: ChannelReceiver;
  readonly expected: string[] = [];
  /** Batches sent and not taken. */
  underWay = 0;
  creditCalls = 0;

  constructor(from: TestSlot, to: TestSlot, route: { readonly from: number; readonly to: number }) {
    const edge = exchangeOf(keyedGraph(3));
    this.sender = from.channels.sender(edge, route.to, () => this.creditCalls++);
    this.receiver = to.channels.receiver(edge, route.from, () => undefined);
  }

  send(element: StreamElement): void {
    this.sender.send(element);
    this.expected.push(textOf(element));
    if (element.kind === 'batch') this.underWay++;
  }

  /** Takes one element, if one is there, and compares it. */
  take(): boolean {
    const element = this.receiver.poll();
    if (element === undefined) return false;
    expect(textOf(element)).toBe(this.expected.shift());
    if (element.kind === 'batch') this.underWay--;
    return true;
  }
}

const element: fc.Arbitrary<StreamElement> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(99), fc.constantFrom(1, 5, 60, 20_000))
      .map(([number, size]) => batchOf(`${number}`.repeat(size))),
  },
  { weight: 2, arbitrary: fc.nat(99).map((timeMs): StreamElement => ({ kind: 'watermark', timeMs })) },
  { weight: 1, arbitrary: fc.nat(99).map((id): StreamElement => ({ kind: 'barrier', id })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<StreamElement[]>({ kind: 'idle' }, { kind: 'end', drained: true }),
  },
);

type Act =
  | { readonly kind: 'send'; readonly at: number; readonly element: StreamElement }
  | { readonly kind: 'take' | 'pump' | 'turn'; readonly at: number };

const at = fc.nat(routes.length - 1);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), at, element }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('take', 'pump', 'turn'), at }) },
);

const play = async (wire: Wire, slots: readonly TestSlot[], acts: readonly Act[]): Promise<void> => {
  const all = routes.map((route) => new Route(slots[route.from]!, slots[route.to]!, route));
  for (const act of acts) {
    const route = all[act.at] as Route;
    if (act.kind === 'send') route.send(act.element);
    else if (act.kind === 'take') route.take();
    else if (act.kind === 'pump') slots[act.at % slots.length]!.channels.pump();
    else await wire.settle();
    // Nobody believes to have more credit than there is.
    for (const { sender, underWay } of all)
      if (underWay >= tcpChannelCredit) expect(sender.hasCredit()).toBe(false);
  }
  for (let moved = true; moved; ) {
    await wire.settle();
    moved = false;
    for (const route of all) while (route.take()) moved = true;
  }
  await wire.settle();
  for (const { expected, sender } of all) {
    expect(expected).toEqual([]);
    expect(sender.hasCredit()).toBe(true);
  }
};

describe('a story of channels between three processes', () => {
  it('brings everything in order and all credit back, whoever moves when', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60, size: 'max' }), async (acts) => {
        const { wire, slots } = await connectedSlots(3);
        await play(wire, slots, acts);
        expect(slots.flatMap(({ failures }) => failures)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
