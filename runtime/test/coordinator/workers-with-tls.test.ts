import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WorkerPool } from '../../src/coordinator/worker-pool.ts';
import type { TlsSettings } from '../../src/sys/net.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { WorkerProgram } from '../../src/worker/remote/worker-program.ts';
import { tlsOf } from '../support/certificates.ts';

const host = '127.0.0.1';
const bytes = new TextEncoder().encode('export default () => {};');

/** A coordinator's pool over real sockets with TLS, and whoever calls it. */
const listening = async () => {
  const system = createNodeSystem();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
  const waiting: { readonly words: RegExp; readonly resolve: (line: string) => void }[] = [];
  const logger = createLogger({
    clock: system.clock,
    level: 'info',
    json: true,
    write: (line) => {
      for (const { words, resolve } of waiting) if (words.test(line)) resolve(line);
    },
  });
  const pool = await WorkerPool.listen({
    system,
    logger,
    jobUid: 'orders',
    host,
    port: 0,
    tls: tlsOf('job'),
    runtimeVersion: '1',
    waitForRoomMs: 1000,
    deadLetters: () => undefined,
    artifact: { sha256: system.hashing.sha256(bytes), bytes },
  });
  onTestFinished(async () => {
    await pool.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const says = (words: RegExp): Promise<string> =>
    new Promise((resolve) => void waiting.push({ words, resolve }));
  const call = (tls: TlsSettings | undefined): WorkerProgram => {
    const worker = new WorkerProgram({
      system,
      logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
      coordinator: { host, port: pool.port },
      jobUid: 'orders',
      name: 'worker-0',
      slots: 1,
      host,
      directory,
      tls,
      store: { environment: {} },
      runtimeVersion: '1',
      reconnectForMs: 0,
      holdsSlots: false,
      graceMs: 0,
    });
    worker.start();
    return worker;
  };
  return { pool, says, call };
};

describe('a pool of workers with TLS', () => {
  it('takes those in that show a certificate of the job', async () => {
    const { pool, says, call } = await listening();
    const here = says(/worker-0 is here/);
    const worker = call(tlsOf('job'));
    await here;
    expect(pool.workers).toEqual(['worker-0']);
    await pool.close();
    expect(await worker.ended).toBeUndefined();
  });

  it.each([
    ['another job', tlsOf('other-job')],
    ['nobody', undefined],
  ])('turns those away that show a certificate of %s, and says so', async (_, tls) => {
    const { pool, says, call } = await listening();
    const refused = says(/has turned away/);
    const worker = call(tls);
    expect((await worker.ended)?.message).toMatch(/^No coordinator for 0 s: the worker ends\./);
    expect(await refused).toMatch(/If it is a worker of this job|somebody without the right certificate/);
    expect(pool.workers).toEqual([]);
  });
});
