import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../../../runtime/src/contract/control/events.ts';
import { jobStatus } from '../../../runtime/test/coordinator/control/fake-control.ts';
import { EventText } from '../../src/coordinators/event-text.ts';

const eventNamed = (name: string): JobEvent => ({ type: 'status', status: { ...jobStatus, name } });

describe('the text of an event stream', () => {
  it('gives the same events however its bytes are cut', () => {
    const events = ['ä', '𝄞', 'c'].map(eventNamed);
    const bytes = Buffer.from(
      events.map((event) => `:\n\nid: 1\ndata: ${JSON.stringify(event)}\n\n`).join(''),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const read: JobEvent[] = [];
        const text = new EventText((event) => read.push(event));
        const ends = [...cuts.sort((a, b) => a - b), bytes.length];
        for (const [index, end] of ends.entries()) text.take(bytes.subarray(ends[index - 1] ?? 0, end));
        expect(read).toEqual(events);
      }),
    );
  });

  it('is refused when it is no JSON, and when an event has no end', () => {
    const text = new EventText(() => undefined);
    expect(() => text.take(Buffer.from('data: {\n\n'))).toThrow('an event of it is no JSON');
    const endless = new EventText(() => undefined);
    const megabyte = Buffer.alloc(1024 * 1024, 'a');
    for (let taken = 0; taken < 4; taken++) endless.take(megabyte);
    expect(() => endless.take(megabyte)).toThrow('an event of it has no end');
  });
});
