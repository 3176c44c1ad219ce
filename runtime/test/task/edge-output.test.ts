import { describe, expect, it } from 'vitest';
import type { StreamElement } from '../../src/exchange/element.ts';
import { createPartitioner } from '../../src/exchange/partitioner.ts';
import { initialRouting, moveKeyGroups } from '../../src/exchange/routing-table.ts';
import { EdgeOutput } from '../../src/task/edge-output.ts';
import { records, textOf, watermark } from './rig.ts';

const newOutput = (receivers: number) => {
  const credit = new Array<boolean>(receivers).fill(true);
  const sent = Array.from({ length: receivers }, (): string[] => []);
  const table = initialRouting(receivers, 16);
  const partitioner = createPartitioner(
    { kind: 'hash', key: { kind: 'function', function: (value) => value } },
    table,
  );
  const channels = sent.map((list, receiver) => ({
    hasCredit: () => credit[receiver] === true,
    send: (element: StreamElement) => void list.push(textOf(element)),
  }));
  return { output: new EdgeOutput(partitioner, channels), credit, sent, table };
};

describe('the sending side of an edge', () => {
  it('has credit while all of its channels have', () => {
    const { output, credit } = newOutput(3);
    expect(output.hasCredit()).toBe(true);
    credit[1] = false;
    expect(output.hasCredit()).toBe(false);
  });

  it('counts records before they are split', () => {
    const { output, sent } = newOutput(2);
    output.send(records(1, 2, 3, 4, 5));
    expect(output.recordsSent).toBe(5);
    expect(sent.flat().join(' ').split(' ')).toHaveLength(5);
  });

  it('sends watermarks, barriers and the end to everybody', () => {
    const { output, sent } = newOutput(2);
    output.sendToAll(watermark(5));
    output.sendToAll({ kind: 'barrier', id: 1 });
    output.sendToAll({ kind: 'end', drained: true });
    expect(sent).toEqual([
      ['w5', 'b1', 'end'],
      ['w5', 'b1', 'end'],
    ]);
  });

  it('routes by the table of a barrier from that barrier on', () => {
    const { output, sent, table } = newOutput(2);
    const all = Array.from(table.slotOf.keys());
    output.sendToAll({ kind: 'barrier', id: 2, routing: moveKeyGroups(table, all, 1) });
    output.send(records(1, 2, 3));
    expect(sent).toEqual([['b2'], ['b2', '1 2 3']]);
  });
});
