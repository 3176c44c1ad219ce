import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { System } from '../sys/system.ts';
import type { ThreadPort } from '../sys/threads.ts';
import { assertSameGraph, loadGraph } from '../worker/job-code.ts';
import { toPlainError } from '../worker/plain-error.ts';
import { remoteLogger } from '../worker/remote-logger.ts';
import type {
  CommitterTask,
  EnumeratorThreadData,
  FromEnumerators,
  ToEnumerators,
} from './enumerator-messages.ts';
import { type CommitterOfKind, createJobCode, type JobCodeHandle } from './job-code.ts';

const perform = (jobCode: JobCodeHandle, task: CommitterTask): Promise<void> => {
  switch (task.kind) {
    case 'commit':
      return jobCode.commit(task.checkpointId, task.sinks);
    case 'abort':
      return jobCode.abort(task.checkpointId, task.sinks);
    case 'abortOlder':
      return jobCode.abortOlder(task.attempt, task.jobUid);
  }
};

/** The life of the thread of a job's enumerators and committers: load, agree, start, hand out splits and commit, end. */
export const runEnumeratorThread = async (
  port: ThreadPort,
  system: System,
  committerOfKind: CommitterOfKind,
): Promise<void> => {
  const data = port.data as EnumeratorThreadData;
  const send = (message: FromEnumerators): void => port.post(message);
  const onFailed = (error: unknown): void => send({ kind: 'failed', error: toPlainError(error) });
  const logger = remoteLogger(send, data.logLevel);
  const start = async (
    jobCode: JobCodeHandle,
    graph: PhysicalGraph,
    { graphHash, restored, assigned }: Extract<ToEnumerators, { kind: 'start' }>,
  ): Promise<void> => {
    assertSameGraph(graph, graphHash, 'the thread of the enumerators');
    await jobCode.start(restored, assigned);
    send({ kind: 'started' });
  };
  const obey = (message: ToEnumerators, jobCode: JobCodeHandle, graph: PhysicalGraph): void => {
    switch (message.kind) {
      case 'start':
        return void start(jobCode, graph, message).catch(onFailed);
      case 'requestSplit':
        return jobCode.requestSplit(message.task, message.slot);
      case 'addSplitsBack':
        return jobCode.addSplitsBack(message.task, message.slot, message.splits);
      case 'snapshot':
        return jobCode.snapshot((states) => send({ kind: 'states', states }));
      case 'committers': {
        const { request, task } = message;
        return void perform(jobCode, task).then(
          () => send({ kind: 'done', request }),
          (error: unknown) => send({ kind: 'refused', request, error: toPlainError(error) }),
        );
      }
      case 'close': {
        const tell = (error: unknown): void => logger.warn(`Closing failed: ${(error as Error).message}`);
        // The thread ends by itself when nothing is left to wait for.
        return void jobCode
          .close()
          .catch(tell)
          .then(() => port.close());
      }
    }
  };
  try {
    const graph = await loadGraph(data);
    const jobCode = createJobCode(
      graph,
      {
        system,
        logger,
        baseDirectory: data.baseDirectory,
        jobName: data.jobName,
        jobUid: data.jobUid,
        committerOfKind,
      },
      {
        assign: (task, slot, split) => send({ kind: 'assign', task, slot, split }),
        noMoreSplits: (task, slot) => send({ kind: 'noMoreSplits', task, slot }),
        onFailed,
      },
    );
    port.onMessage((raw) => obey(raw as ToEnumerators, jobCode, graph));
    send({ kind: 'ready' });
  } catch (error) {
    onFailed(error);
    port.close();
  }
};
