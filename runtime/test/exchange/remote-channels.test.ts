import { describe, expect, it } from 'vitest';
import { LocalChannel } from '../../src/exchange/local-channel.ts';
import { type RemoteChannels, splitChannels } from '../../src/exchange/remote-channels.ts';
import { exchangeOf, keyedGraph } from './slots.ts';

/** Channels that note what they are asked for. */
const noting = (name: string, calls: string[], moves: boolean, isEmpty = true): Required<RemoteChannels> => ({
  sender: (_edge, toSlot) => {
    calls.push(`${name} sends to ${toSlot}`);
    return { hasCredit: () => true, send: () => undefined };
  },
  receiver: (_edge, fromSlot) => {
    calls.push(`${name} receives from ${fromSlot}`);
    return new LocalChannel(
      () => undefined,
      () => undefined,
    );
  },
  pump: () => {
    calls.push(`${name} pumps`);
    return moves;
  },
  isEmpty: () => isEmpty,
  sleep: (onWork) => {
    calls.push(`${name} sleeps`);
    onWork();
  },
});

describe('the channels of a slot that has neighbours in its worker', () => {
  const edge = exchangeOf(keyedGraph(4));
  const isNear = (slot: number): boolean => slot < 2;

  it('are rings to them, and sockets to the others', () => {
    const calls: string[] = [];
    const split = splitChannels(noting('ring', calls, false), noting('socket', calls, false), isNear);
    for (const slot of [1, 2]) {
      split.sender(edge, slot, () => undefined);
      split.receiver(edge, slot, () => undefined);
    }
    expect(calls).toEqual([
      'ring sends to 1',
      'ring receives from 1',
      'socket sends to 2',
      'socket receives from 2',
    ]);
  });

  it('move both, sleep both, and are empty when both are', () => {
    for (const [near, far] of [
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      const calls: string[] = [];
      const split = splitChannels(noting('ring', calls, near), noting('socket', calls, far), isNear);
      expect(split.pump()).toBe(near || far);
      expect(calls).toEqual(['ring pumps', 'socket pumps']);
      let woken = 0;
      split.sleep(() => woken++);
      expect(woken).toBe(2);
    }
    const full = noting('full', [], false, false);
    const empty = noting('empty', [], false);
    expect(splitChannels(empty, empty, isNear).isEmpty()).toBe(true);
    expect(splitChannels(full, empty, isNear).isEmpty()).toBe(false);
    expect(splitChannels(empty, full, isNear).isEmpty()).toBe(false);
  });
});
