import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { createLogger } from '../../../runtime/src/telemetry/logger.ts';
import { type Dev, startDev } from '../../src/cli/dev.ts';
import { streamJobKind } from '../../src/dev/store/kinds.ts';
import type { ObjectStore } from '../../src/dev/store/object-store.ts';
import type { DevObject, Fields } from '../../src/dev/store/values.ts';
import { at, streamJob } from '../dev/support.ts';

const runtime = fileURLToPath(new URL('../../../runtime/', import.meta.url));

/** Counts records without an end into files, each total once. */
const countingJob = `
import { valueState } from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { fileSink } from 'millrace/connectors/files';

class Count {
  open(context) { this.total = context.state(valueState('total', { type: 'number', default: 0 })); }
  process(_value, _context, output) {
    this.total.update(this.total.value() + 1);
    output.emit({ total: this.total.value() });
  }
}
export default (env, args) => {
  env.fromSource(generator({ generate: (n) => ({ name: 'a', n }), recordsPerSecond: 200 })).uid('numbers')
    .keyBy('name').process(new Count()).uid('count')
    .sinkTo(fileSink({ directory: args.output, format: 'ndjson' })).uid('totals');
};
`;

/** A folder with the code of the job, gone after the test. */
export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-again-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'job.ts'), countingJob);
  return folder;
};

/** Starts a cluster in a folder, which stores know by an id. */
export const start = async (folder: string, directory: string, clusterId: string): Promise<Dev> => {
  const system = createNodeSystem();
  const dev = await startDev({
    system,
    logger: createLogger({ clock: system.clock, level: 'error', json: true, write: () => undefined }),
    directory: join(folder, directory),
    codeDirectory: folder,
    programAt: (name) => join(runtime, `src/bin/${name}.ts`),
    port: 0,
    clusterId,
  });
  onTestFinished(() => dev.stop());
  return dev;
};

/** The job, with more lines of its spec. */
export const manifest = (folder: string, more: Fields = {}) =>
  streamJob('counts', {
    ...more,
    job: { entry: './job.ts', code: { image: 'local' } },
    args: { output: join(folder, 'out') },
    checkpoint: { interval: '200ms', minPause: '0s', store: { directory: join(folder, 'store') } },
  });

/** Resolves when something is so of the job. */
export const seen = (store: ObjectStore, isSo: (job: DevObject | undefined) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!isSo(store.find(streamJobKind, at('counts')))) return;
      stop();
      resolve();
    };
    const stop = store.log.listen(look);
    look();
  });

/** What the job has shown, in order. */
export const totalsIn = (folder: string): readonly number[] =>
  readdirSync(join(folder, 'out'))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      readFileSync(join(folder, 'out', name), 'utf8')
        .trim()
        .split('\n'),
    )
    .map((line) => (JSON.parse(line) as { readonly total: number }).total)
    .sort((one, other) => one - other);

/** Waits until a total is shown: files of other processes tell nobody. */
export const shown = async (folder: string, total: number): Promise<void> => {
  while ((totalsIn(folder).at(-1) ?? 0) <= total) await new Promise((resolve) => setTimeout(resolve, 50));
};

export const isRunning = (job: DevObject | undefined): boolean => job?.status?.['phase'] === 'Running';
