import { buildGraph, loadJob } from '../artifact/load.ts';
import { resolveMillraceToThisRuntime } from '../artifact/resolve.ts';
import { MillraceError } from '../contract/errors.ts';
import { RingChannels } from '../exchange/ring-channels.ts';
import { initialRouting } from '../exchange/routing-table.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { Cancellable, System } from '../sys/system.ts';
import type { ThreadPort } from '../sys/threads.ts';
import { Pulse } from '../task/pulse.ts';
import { SlotRuntime } from '../task/slot-runtime.ts';
import type { LogFields, Logger, LogLevel } from '../telemetry/logger.ts';
import { MetricGroup } from '../telemetry/metrics.ts';
import { reportOf } from './local-slot.ts';
import { type FromSlot, type SlotThreadData, type ToSlot, toPlainError } from './slot-messages.ts';

const reportIntervalMs = 200;
const ranks: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** Sends lines to the thread that holds the log. */
const remoteLogger = (send: (message: FromSlot) => void, level: LogLevel, own: LogFields): Logger => {
  const isEnabled = (asked: LogLevel): boolean => ranks.indexOf(asked) <= ranks.indexOf(level);
  const log =
    (at: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (isEnabled(at)) send({ kind: 'log', level: at, message, fields: { ...own, ...fields } });
    };
  return {
    error: log('error'),
    warn: log('warn'),
    info: log('info'),
    debug: log('debug'),
    isEnabled,
    child: (fields) => remoteLogger(send, level, { ...own, ...fields }),
  };
};

const loadGraph = async (data: SlotThreadData): Promise<PhysicalGraph> => {
  resolveMillraceToThisRuntime();
  const graph = buildGraph(await loadJob(data.artifact), data.args, data.plan);
  if (graph.hash === data.graphHash) return graph;
  throw new MillraceError(
    'job-invalid',
    `The job's function built another graph in slot ${data.slot} (${graph.hash}) than in the coordinator (${data.graphHash}).`,
    {
      hint: 'Build the same graph at every call: no random, no clock, no environment of the thread in its shape.',
    },
  );
};

/** The life of a slot's thread: load, agree, run, report, end. */
export const runSlotThread = async (port: ThreadPort, system: System): Promise<void> => {
  const data = port.data as SlotThreadData;
  const send = (message: FromSlot): void => port.post(message);
  const logger = remoteLogger(send, data.logLevel, { slot: data.slot });
  const metrics = new MetricGroup();
  let runtime: SlotRuntime;
  const sendReport = (): void =>
    send({ kind: 'report', report: reportOf(runtime, data.slot), metrics: metrics.snapshot() });
  try {
    const graph = await loadGraph(data);
    runtime = new SlotRuntime({
      ...data,
      system,
      logger,
      metrics,
      graph,
      deadLetters: (letter) => send({ kind: 'deadLetter', letter }),
      routing: initialRouting(graph.slots, graph.maxParallelism),
      pulse: new Pulse(new Int32Array(data.pulses), data.slot),
      alignment: data.links.alignment,
      remote: new RingChannels(graph, data.slot, data.links),
      requestSplit: (task) => send({ kind: 'requestSplit', task }),
      sendState: (toSlot, state) => send({ kind: 'state', toSlot, state }),
      onFinished: (drained) => {
        send({ kind: 'finished', drained });
        end();
      },
      onFailed: (error) => {
        send({ kind: 'failed', error: toPlainError(error) });
        end();
      },
    });
  } catch (error) {
    send({ kind: 'failed', error: toPlainError(error) });
    return port.close();
  }
  let nextReport: Cancellable | undefined;
  // The thread ends by itself when nothing is left to wait for.
  const end = (): void => {
    nextReport?.cancel();
    sendReport();
    port.close();
  };
  const report = (): void => {
    sendReport();
    nextReport = system.timers.after(reportIntervalMs, report);
  };
  port.onMessage((raw) => obey(raw as ToSlot, runtime, end));
  report();
  send({ kind: 'ready' });
};

const obey = (message: ToSlot, runtime: SlotRuntime, end: () => void): void => {
  switch (message.kind) {
    case 'start':
      return void runtime.start();
    case 'addSplit':
      return runtime.addSplit(message.task, message.split);
    case 'noMoreSplits':
      return runtime.noMoreSplits(message.task);
    case 'inject':
      return runtime.inject(message.barrier);
    case 'state':
      return runtime.acceptState(message.state);
    case 'stop':
      return runtime.stop();
    case 'cancel':
      return void runtime.cancel().then(end);
  }
};
