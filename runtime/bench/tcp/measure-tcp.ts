import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Batch } from 'millrace';
import { measure } from '../measure-job.ts';
import type { Measurement } from '../scenario.ts';
import { sendBatches } from './ends.ts';
import { columnBytes, type PayloadName, payloads, recordsOf } from './payloads.ts';

/** The part of the batches that a first, shorter run takes. */
const shortRun = 0.25;

function* batchesOf(name: PayloadName, count: number): Generator<Batch, undefined> {
  for (let index = 0; index < count; index++) yield payloads[name].make(index);
  return undefined;
}

const run = async (name: PayloadName, batches: number): Promise<Measurement> => {
  const program = fileURLToPath(new URL('receiver.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, program, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => (await lines.next()).value as string;
  const port = Number(await line());
  const own = await measure(recordsOf(batches), () => sendBatches(port, batchesOf(name, batches)));
  const { cpuSeconds } = JSON.parse(await line()) as { readonly cpuSeconds: number };
  return { ...own, cpuSeconds: own.cpuSeconds + cpuSeconds };
};

/**
 * Sends batches from this process to another over a socket. Starting it and compiling code is not what is measured: a shorter
 * run is subtracted. Costs are those of both processes.
 */
export const measureTcp = async (name: PayloadName, batches: number): Promise<Measurement> => {
  const short = await run(name, Math.floor(batches * shortRun));
  const long = await run(name, batches);
  const seconds = long.seconds - short.seconds;
  const records = long.records - short.records;
  return {
    records,
    seconds,
    cpuSeconds: long.cpuSeconds - short.cpuSeconds,
    peakRssMiB: long.peakRssMiB,
    ...(name === 'columns' && {
      figures: { megabytesPerSecond: ((records / recordsOf(1)) * columnBytes) / 1e6 / seconds },
    }),
  };
};
