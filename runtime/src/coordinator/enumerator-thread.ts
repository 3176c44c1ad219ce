import type { System } from '../sys/system.ts';
import type { ThreadPort } from '../sys/threads.ts';
import { loadGraph } from '../worker/job-code.ts';
import { toPlainError } from '../worker/plain-error.ts';
import { remoteLogger } from '../worker/remote-logger.ts';
import type { EnumeratorThreadData, FromEnumerators, ToEnumerators } from './enumerator-messages.ts';
import { Enumerators } from './enumerators.ts';

/** The life of the thread of a job's enumerators: load, agree, hand out splits, end. */
export const runEnumeratorThread = async (port: ThreadPort, system: System): Promise<void> => {
  const data = port.data as EnumeratorThreadData;
  const send = (message: FromEnumerators): void => port.post(message);
  const onFailed = (error: unknown): void => send({ kind: 'failed', error: toPlainError(error) });
  const logger = remoteLogger(send, data.logLevel);
  const obey = (message: ToEnumerators, enumerators: Enumerators): void => {
    switch (message.kind) {
      case 'start':
        return void enumerators.start().then(() => send({ kind: 'started' }), onFailed);
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
    const graph = await loadGraph(data, 'the thread of the enumerators');
    const enumerators = new Enumerators(
      graph,
      { system, logger, baseDirectory: data.baseDirectory },
      {
        assign: (task, slot, split) => send({ kind: 'assign', task, slot, split }),
        noMoreSplits: (task, slot) => send({ kind: 'noMoreSplits', task, slot }),
        onFailed,
      },
    );
    port.onMessage((raw) => obey(raw as ToEnumerators, enumerators));
    send({ kind: 'ready' });
  } catch (error) {
    onFailed(error);
    port.close();
  }
};
