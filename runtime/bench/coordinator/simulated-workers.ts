/** A process of workers that do nothing but talk, for the bench of the coordinator: `node simulated-workers.ts PORT`. */
import { callControl } from '../../src/exchange/tcp/control-calls.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import type { RemoteJob } from '../../src/worker/remote/remote-job.ts';
import { WorkerHost } from '../../src/worker/remote/worker-host.ts';
import type { FromWorker, ToWorker } from '../../src/worker/remote/worker-messages.ts';
import { jobUid, planJob, slots, slotsPerWorker } from './plan.ts';
import { simulatedSlot } from './simulated-slot.ts';

const system = createNodeSystem();
const graph = planJob();

const startWorker = async (name: string, port: number): Promise<void> => {
  const link = await callControl({
    system,
    jobUid,
    name,
    address: { host: '127.0.0.1', port },
    peer: 'the coordinator',
  });
  const host = new WorkerHost<RemoteJob>({
    system,
    host: '127.0.0.1',
    send: (message) => link.send(message),
    create: ({ slot, reports }) => ({
      handle: simulatedSlot(graph, slot, reports),
      connect: () => undefined,
    }),
    mayHold: () => false,
  });
  const registration = {
    kind: 'register',
    runtimeVersion: '0',
    slots: slotsPerWorker,
    artifacts: [],
    term: host.term,
    holds: undefined,
  } satisfies FromWorker<RemoteJob>;
  link.send(registration);
  link.listen({
    onMessage: (raw) => {
      const message = raw as ToWorker<RemoteJob>;
      if (message.kind === 'end') process.exit();
      if (['host', 'adopt', 'connect', 'slot'].includes(message.kind)) host.accept(message as never);
    },
    onClosed: () => process.exit(),
  });
};

const port = Number(process.argv[2]);
for (let worker = 0; worker < slots / slotsPerWorker; worker++) await startWorker(`worker-${worker}`, port);
