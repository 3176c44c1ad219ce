import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from 'millrace';
import { fileSink } from 'millrace/connectors/files';
import { generator } from 'millrace/connectors/generator';
import { measure } from '../measure-job.ts';
import type { Measurement, Scenario } from '../scenario.ts';
import { stateIn, storedJob, withFolder } from '../stored-job.ts';

const recordsPerSecond = 10_000;
const warmUpMs = 5000;
const measuredMs = 30_000;
/** How often the folder is looked at: so much a latency may be too long. */
const lookEveryMs = 5;

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Each record says when it was made. */
const job =
  (directory: string): Job =>
  (env) => {
    env
      .fromSource(generator({ generate: (index) => ({ index, madeMs: Date.now() }), recordsPerSecond }))
      .name('records')
      .sinkTo(fileSink({ directory, format: 'ndjson' }))
      .name('files');
  };

/** Reads parts as soon as they are there: what is visible to whoever lists the folder. */
class Reader {
  readonly latenciesMs: number[] = [];
  private readonly directory: string;
  private readonly seen = new Set<string>();

  constructor(directory: string) {
    this.directory = directory;
  }

  look(): void {
    for (const name of readdirSync(this.directory)) {
      if (this.seen.has(name) || !name.endsWith('.ndjson') || name.startsWith('.')) continue;
      const visibleMs = Date.now();
      this.seen.add(name);
      const lines = readFileSync(join(this.directory, name), 'utf8').split('\n');
      for (const line of lines) {
        if (line !== '') this.latenciesMs.push(visibleMs - (JSON.parse(line) as { madeMs: number }).madeMs);
      }
    }
  }
}

const visible = (): Promise<Measurement> =>
  withFolder(async (folder) => {
    const directory = join(folder, 'out');
    const opened = await stateIn(folder, '1s');
    const running = storedJob(job(directory), opened);
    running.start();
    await wait(warmUpMs);
    const reader = new Reader(directory);
    reader.look();
    reader.latenciesMs.length = 0;
    const measured = await measure(1, async () => {
      const startMs = performance.now();
      while (performance.now() - startMs < measuredMs) {
        reader.look();
        await wait(lookEveryMs);
      }
    });
    await running.cancel();
    await opened.close();
    const sorted = Float64Array.from(reader.latenciesMs).sort();
    const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
    return {
      ...measured,
      records: sorted.length,
      figures: { visibleP50Ms: at(0.5), visibleP99Ms: at(0.99), visibleMaximumMs: at(1) },
    };
  });

export const visibleScenarios: readonly Scenario[] = [
  {
    name: 'exactly-once-latency',
    title: '10,000 records a second into files, a checkpoint a second: from a record to when it is visible',
    subject: visible,
    bars: [{ figure: 'visibleP99Ms', atMost: 2000 }],
    note: 'The reader shares the process and counts as part of it.',
  },
];
