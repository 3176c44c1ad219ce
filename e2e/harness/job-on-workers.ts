import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { checkFinished, checkNothingHidden, checkSoFar } from '../checkers/output.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput } from '../workload/records.ts';
import { createJobFolder, type JobFolder } from './job-folder.ts';
import { lastVisibleAttempt, readHidden, readOutput } from './job-output.ts';
import { type JobRun, startCoordinator, startWorker } from './job-run.ts';
import { freePort } from './program.ts';
import { startProxy } from './proxy.ts';
import { waitUntil } from './wait.ts';

type Address = Awaited<ReturnType<typeof startProxy>>;

const recordsPerSecond = 2000;

/** A coordinator and two workers as whoever runs a cluster starts them: workers find whoever leads by one address. */
export class JobOnWorkers {
  readonly folder: JobFolder;
  readonly workers: JobRun[];
  coordinator: JobRun;
  private readonly address: Address;
  private readonly golden: ReturnType<typeof expectedOutput>;
  private readonly print: (line: string) => void;

  private constructor(parts: {
    readonly folder: JobFolder;
    readonly address: Address;
    readonly port: number;
    readonly records: number;
    readonly print: (line: string) => void;
  }) {
    const { folder, address, port, records, print } = parts;
    this.folder = folder;
    this.address = address;
    this.print = print;
    this.golden = expectedOutput(records);
    this.coordinator = startCoordinator(folder.path, port);
    this.workers = ['worker-0', 'worker-1'].map((name) => startWorker(folder.path, name, address.port));
  }

  /** Starts a job of so long, and waits for its first output. */
  static async start(lastsMs: number, print: (line: string) => void): Promise<JobOnWorkers> {
    const records = Math.ceil((recordsPerSecond * lastsMs) / 1000);
    const folder = createJobFolder({ records, recordsPerSecond, args: { times: 'times.txt' } });
    const port = await freePort();
    const address = await startProxy(port);
    const job = new JobOnWorkers({ folder, address, port, records, print });
    await waitUntil(() => lastVisibleAttempt(folder.path) > 0, timeouts.firstOutputMs);
    return job;
  }

  /** Starts another coordinator, and workers that call from now on find that one. */
  async replaceCoordinator(): Promise<void> {
    const port = await freePort();
    this.address.redirect(port);
    this.coordinator = startCoordinator(this.folder.path, port);
  }

  addWorker(): void {
    this.workers.push(startWorker(this.folder.path, `worker-${this.workers.length}`, this.address.port));
  }

  /** What is wrong with what can be seen while it runs. */
  checkSoFar(): readonly Finding[] {
    return checkSoFar(readOutput(this.folder.path), this.golden);
  }

  /** Waits for the end, and says what is wrong with all that is left. */
  async finish(others: readonly Finding[]): Promise<readonly Finding[]> {
    const { coordinator, folder } = this;
    await waitUntil(() => coordinator.end !== undefined, timeouts.finishMs);
    const { end } = coordinator;
    for (const run of [coordinator, ...this.workers]) await run.kill();
    await this.address.close();
    const what = `the job did not finish: ${JSON.stringify(end)}`;
    const findings = [
      ...others,
      ...(end?.code === 0 ? [] : [{ checker: 'end', what }]),
      ...checkFinished(readOutput(folder.path), this.golden),
      ...checkNothingHidden(readHidden(folder.path)),
    ];
    if (findings.length === 0) folder.remove();
    else
      this.print(
        `${[...this.workers, coordinator].map((run) => run.text().slice(-3000)).join('\n')}\nwhat it has left is in ${folder.path}`,
      );
    return findings;
  }
}
