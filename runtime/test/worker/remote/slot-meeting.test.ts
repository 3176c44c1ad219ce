import { describe, expect, it } from 'vitest';
import { SlotMeeting } from '../../../src/worker/remote/slot-meeting.ts';

describe('slots that look for each other', () => {
  it('are told of all others when the last of them listens, and not before', () => {
    const told: string[] = [];
    const meeting = new SlotMeeting(3, (slot, peers) => {
      told.push(`${slot}: ${peers.map((peer) => `${peer.slot}@${peer.host}:${peer.port}`).join()}`);
    });
    meeting.listens({ slot: 2, host: 'c', port: 30 });
    meeting.listens({ slot: 0, host: 'a', port: 10 });
    expect(told).toEqual([]);
    meeting.listens({ slot: 1, host: 'b', port: 20 });
    expect(told).toEqual(['0: 1@b:20,2@c:30', '1: 0@a:10,2@c:30', '2: 0@a:10,1@b:20']);
  });

  it('have nobody to look for when there is one', () => {
    const told: unknown[] = [];
    new SlotMeeting(1, (...all) => void told.push(all)).listens({ slot: 0, host: 'a', port: 1 });
    expect(told).toEqual([[0, []]]);
  });
});
