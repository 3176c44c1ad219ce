import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Measurement, Scenario } from '../scenario.ts';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Time from the start of the command to the first byte it prints, in seconds; it must end well. */
const firstOutput = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const start = performance.now();
    const program = pathOf('../../src/bin/millrace.ts');
    const child = spawn(
      process.execPath,
      ['--conditions=millrace-source', program, 'run', pathOf('../jobs/hello.ts')],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let seconds: number | undefined;
    child.stdout.on('data', () => {
      seconds ??= (performance.now() - start) / 1000;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 && seconds !== undefined) resolve(seconds);
      else
        reject(
          new Error(
            `millrace run ended with code ${code} and ${seconds === undefined ? 'no' : 'some'} output.`,
          ),
        );
    });
  });

const coldStart = async (): Promise<Measurement> => {
  await firstOutput();
  const firstOutputSeconds = await firstOutput();
  return {
    records: 1,
    seconds: firstOutputSeconds,
    // Node does not tell what a child process used.
    cpuSeconds: Number.NaN,
    peakRssMiB: Number.NaN,
    figures: { firstOutputSeconds },
  };
};

export const startScenarios: readonly Scenario[] = [
  {
    name: 'cold-start',
    title: 'millrace run of a job of one record, from source, until its first output (Flink: 6.7 s)',
    subject: coldStart,
    byWallClock: true,
    repetitions: 3,
    bars: [{ figure: 'firstOutputSeconds', atMost: 1 }],
  },
];
