import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { createLogger } from '../../../runtime/src/telemetry/logger.ts';
import { bundleOf } from '../../../runtime/test/delivery/archives.ts';
import { type Dev, startDev } from '../../src/cli/dev.ts';
import { podKind, streamJobKind } from '../../src/dev/store/kinds.ts';
import type { DevObject } from '../../src/dev/store/values.ts';
import { streamJob } from '../dev/support.ts';

const runtime = fileURLToPath(new URL('../../../runtime/', import.meta.url));

const start = async (): Promise<Dev> => {
  const system = createNodeSystem();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-dev-'));
  const dev = await startDev({
    system,
    logger: createLogger({ clock: system.clock, level: 'error', json: true, write: () => undefined }),
    directory,
    codeDirectory: join(runtime, 'examples/word-count'),
    programAt: (name) => join(runtime, `src/bin/${name}.ts`),
    port: 0,
  });
  onTestFinished(async () => {
    await dev.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return dev;
};

describe('millrace dev', () => {
  it('runs a job that is applied to its end, in a coordinator and a worker that the operator has made', async () => {
    const { store } = (await start()).cluster;
    const roles = new Set<string>();
    const phases: unknown[] = [];
    const isOver = new Promise<void>((resolve) => {
      store.log.listen(({ kind, after }) => {
        if (kind === podKind) roles.add(after?.metadata.labels?.['millrace.dev/role'] ?? 'gone');
        const phase = kind === streamJobKind ? after?.status?.['phase'] : undefined;
        if (phase !== undefined) phases.push(phase);
        if (phase === 'Finished') resolve();
      });
    });
    store.create(streamJobKind, streamJob('words', { job: { entry: './job.ts', code: { image: 'local' } } }));
    await isOver;
    expect(phases[0]).not.toBe('Finished');
    expect([...roles]).toEqual(expect.arrayContaining(['coordinator', 'worker']));
  }, 120_000);

  it('runs a job whose code comes as a bundle, and says of another bundle that it is not the right one', async () => {
    const { store } = (await start()).cluster;
    const code = bundleOf({
      path: './shop.ts',
      text: readFileSync(join(runtime, 'examples/word-count/job.ts'), 'utf8'),
    });
    const server = createServer((_request, response) => void response.end(code)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.tgz`;
    const phaseOf = (name: string, isSo: (job: DevObject) => boolean): Promise<void> =>
      new Promise((resolve) => {
        store.log.listen(({ kind, after }) => {
          if (kind === streamJobKind && after?.metadata.name === name && isSo(after)) resolve();
        });
      });
    const finished = phaseOf('right', ({ status }) => status?.['phase'] === 'Finished');
    const refused = phaseOf('wrong', ({ status }) =>
      JSON.stringify(status ?? {}).includes('is another one than was meant'),
    );
    const sums = { right: createHash('sha256').update(code).digest('hex'), wrong: 'a'.repeat(64) };
    for (const [name, sha256] of Object.entries(sums))
      store.create(
        streamJobKind,
        streamJob(name, { job: { entry: './shop.ts', code: { bundle: { url, sha256 } } } }),
      );
    await Promise.all([finished, refused]);
  }, 120_000);

  it('removes what a job has written when the job is deleted with its data', async () => {
    const { store } = (await start()).cluster;
    const snapshots = mkdtempSync(join(tmpdir(), 'millrace-snapshots-'));
    onTestFinished(() => rmSync(snapshots, { recursive: true, force: true }));
    const until = (isSo: (job: DevObject | undefined) => boolean): Promise<void> =>
      new Promise((resolve) => {
        const stop = store.log.listen(({ kind, after }) => {
          if (kind !== streamJobKind || !isSo(after)) return;
          stop();
          resolve();
        });
      });
    const finished = until((job) => job?.status?.['phase'] === 'Finished');
    store.create(
      streamJobKind,
      streamJob('words', {
        job: { entry: './job.ts', code: { image: 'local' } },
        checkpoint: { store: { directory: snapshots } },
        deletion: { savepoint: 'Skip', data: 'Delete', timeout: '1h' },
      }),
    );
    await finished;
    const jobs = (): readonly string[] =>
      existsSync(join(snapshots, 'jobs')) ? readdirSync(join(snapshots, 'jobs')) : [];
    expect(jobs()).toHaveLength(1);
    const gone = until((job) => job === undefined);
    store.remove(streamJobKind, { namespace: 'default', name: 'words' }, {});
    await gone;
    expect(jobs()).toEqual([]);
    expect(existsSync(join(snapshots, 'names'))).toBe(false);
  }, 120_000);
});
