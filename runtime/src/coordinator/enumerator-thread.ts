import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { System } from '../sys/system.ts';
import type { ThreadPort } from '../sys/threads.ts';
import { assertSameGraph, loadGraph } from '../worker/job-code.ts';
import { toPlainError } from '../worker/plain-error.ts';
import { remoteLogger } from '../worker/remote-logger.ts';
import type { EnumeratorThreadData, FromEnumerators, ToEnumerators } from './enumerator-messages.ts';
import { Enumerators } from './enumerators.ts';

/** The life of the thread of a job's enumerators: load, agree, start, hand out splits, end. */
export const runEnumeratorThread = async (port: ThreadPort, system: System): Promise<void> => {
  const data = port.data as EnumeratorThreadData;
  const send = (message: FromEnumerators): void => port.post(message);
  const onFailed = (error: unknown): void => send({ kind: 'failed', error: toPlainError(error) });
  const logger = remoteLogger(send, data.logLevel);
  const start = async (enumerators: Enumerators, graph: PhysicalGraph, graphHash: string): Promise<void> => {
    assertSameGraph(graph, graphHash, 'the thread of the enumerators');
    await enumerators.start();
    send({ kind: 'started' });
  };
  const obey = (message: ToEnumerators, enumerators: Enumerators, graph: PhysicalGraph): void => {
    switch (message.kind) {
      case 'start':
        return void start(enumerators, graph, message.graphHash).catch(onFailed);
      case 'requestSplit':
        return enumerators.requestSplit(message.task, message.slot);
      case 'close': {
        const tell = (error: unknown): void => logger.warn(`Closing failed: ${(error as Error).message}`);
        // The thread ends by itself when nothing is left to wait for.
        return void enumerators
          .close()
          .catch(tell)
          .then(() => port.close());
      }
    }
  };
  try {
    const graph = await loadGraph(data);
    const enumerators = new Enumerators(
      graph,
      { system, logger, baseDirectory: data.baseDirectory },
      {
        assign: (task, slot, split) => send({ kind: 'assign', task, slot, split }),
        noMoreSplits: (task, slot) => send({ kind: 'noMoreSplits', task, slot }),
        onFailed,
      },
    );
    port.onMessage((raw) => obey(raw as ToEnumerators, enumerators, graph));
    send({ kind: 'ready' });
  } catch (error) {
    onFailed(error);
    port.close();
  }
};
