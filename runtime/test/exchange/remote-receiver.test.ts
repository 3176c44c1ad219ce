import { expect, it } from 'vitest';
import { RemoteReceiver } from '../../src/exchange/remote-receiver.ts';
import { batchOf, drain, exchangeOf, keyedGraph } from './slots.ts';

it('a receiver gives no credit for what was in flight before a restart', () => {
  let credits = 0;
  const receiver = new RemoteReceiver(
    exchangeOf(keyedGraph(2)),
    () => undefined,
    () => {
      credits++;
    },
  );
  receiver.accept(batchOf(3));
  receiver.restore([batchOf(1), batchOf(2)]);
  expect(drain(receiver)).toEqual([1, 2, 3]);
  expect(credits).toBe(1);
});
