import type { Batch } from 'millrace';
import { TcpChannels, type TcpSettings } from '../../src/exchange/tcp/tcp-channels.ts';
import type { TaskEdge } from '../../src/graph/physical-graph.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';

const host = '127.0.0.1';
/** As long as a slot works before it lets its event loop turn. */
const turnMs = 5;

/** The one edge between the two processes: slot 0 sends, slot 1 receives. */
const edge: TaskEdge = {
  index: 0,
  from: 0,
  fromPosition: 0,
  output: undefined,
  to: 1,
  port: 0,
  partitioning: { kind: 'rebalance' },
};

const listen = (slot: number): Promise<TcpChannels> => {
  const settings: TcpSettings = {
    system: createNodeSystem(),
    jobUid: 'bench',
    attempt: 1,
    slot,
    onFailed: (error) => {
      throw error;
    },
  };
  return TcpChannels.listen(settings, host);
};

/** Sends batches from slot 0 as fast as there is credit for them, and the end. Resolves when all has arrived. */
export const sendBatches = async (port: number, batches: Iterator<Batch>): Promise<void> => {
  const { timers } = createNodeSystem();
  const channels = await listen(0);
  const done = Promise.withResolvers<void>();
  const turn = (): void => {
    const until = performance.now() + turnMs;
    while (sender.hasCredit()) {
      const { value: batch, done: isLast } = batches.next();
      if (isLast === true) {
        sender.send({ kind: 'end', drained: true });
        return done.resolve();
      }
      sender.send(batch);
      channels.pump();
      if (performance.now() > until) return timers.soon(turn);
    }
    channels.sleep(() => undefined);
  };
  const sender = channels.sender(edge, 1, () => timers.soon(turn));
  await channels.connect([{ slot: 1, host, port }]);
  turn();
  await done.promise;
  await channels.close();
};

/** Receives batches in slot 1 until the end. `onListening` is called with the port. */
export const receiveBatches = async (
  onListening: (port: number) => void,
  onBatch: (batch: Batch) => void,
): Promise<void> => {
  const { timers } = createNodeSystem();
  const channels = await listen(1);
  const ended = Promise.withResolvers<void>();
  let isScheduled = false;
  const wake = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    timers.soon(turn);
  };
  const turn = (): void => {
    isScheduled = false;
    const until = performance.now() + turnMs;
    for (let element = receiver.poll(); element !== undefined; element = receiver.poll()) {
      if (element.kind === 'end') return ended.resolve();
      if (element.kind === 'batch') onBatch(element);
      channels.pump();
      if (performance.now() > until) return wake();
    }
    channels.sleep(() => undefined);
  };
  const receiver = channels.receiver(edge, 0, wake);
  onListening(channels.port);
  await ended.promise;
  await channels.close();
};
