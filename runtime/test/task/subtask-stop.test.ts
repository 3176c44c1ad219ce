import { describe, expect, it } from 'vitest';
import { end, idle, type Link, newRig, passing, stopped, watermark } from './rig.ts';

describe('a subtask whose input is stopped', () => {
  it('asks each link for the records that it holds back when the input is stopped, in slices, before the stop goes on', () => {
    const holding =
      (name: string, slices: number): Link =>
      (log, output) => {
        let left = slices;
        return {
          stop: () => {
            log.push(`${name} stop`);
            output.emit(`${name}${left}`, 0);
            left--;
            return left === 0;
          },
        };
      };
    const rig = newRig({ links: [holding('a', 2), passing('b'), holding('c', 1)] });
    rig.give(stopped);
    rig.run();
    expect(rig.take()).toEqual(['a stop', 'out a2', 'a stop', 'out a1', 'c stop', 'out c1', 'out stopped']);
    expect(rig.control.ended).toEqual([false]);
  });

  it('does not ask so at an end that is complete, nor when the input is idle', () => {
    const asked: string[] = [];
    const rig = newRig({
      links: [
        () => ({
          stop: () => {
            asked.push('stop');
            return true;
          },
        }),
      ],
    });
    rig.give(idle, watermark(Infinity), end);
    rig.run();
    expect(rig.take()).toEqual(['out idle', 'out wInfinity', 'out end']);
    expect(asked).toEqual([]);
  });

  it('stops no link while there is no credit', () => {
    const rig = newRig({
      links: [
        (log) => ({
          stop: () => {
            log.push('stop');
            return true;
          },
        }),
      ],
    });
    rig.give(stopped);
    rig.subtask.step();
    rig.control.credit = false;
    expect(rig.run()).toBe(0);
    expect(rig.take()).toEqual([]);
    rig.control.credit = true;
    rig.run();
    expect(rig.take()).toEqual(['stop', 'out stopped']);
  });
});
