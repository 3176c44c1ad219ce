import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startApiServer } from '../../../../e2e/cluster/api-server.ts';
import { apiServerTool, getting, isSkipped } from '../../../../e2e/harness/tools.ts';
import { createNodeSystem } from '../../../../runtime/src/sys/node-system.ts';
import { serveApi } from '../../../src/dev/api/server.ts';
import { ObjectStore } from '../../../src/dev/store/object-store.ts';
import { StoreClient } from '../../../src/dev/store-client.ts';
import { kubeConfigAccess } from '../../../src/kube/kube-config.ts';
import { Transport } from '../../../src/kube/transport.ts';
import { playRecorded } from './recorded.ts';

const system = createNodeSystem();

const overHttp = (path: string): Transport =>
  new Transport({ system, access: kubeConfigAccess(system, { path }) });

const inMemory = (): Promise<unknown[]> =>
  playRecorded(new StoreClient(new ObjectStore(system), system.timers));

describe('the recorded script', () => {
  it('gets the same answers over HTTP as from the store itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
    const server = await serveApi({ system, store: new ObjectStore(system), port: 0 });
    const path = join(folder, 'kubeconfig');
    writeFileSync(path, server.kubeconfig);
    expect(await playRecorded(overHttp(path))).toEqual(await inMemory());
    await server.close();
    rmSync(folder, { recursive: true });
  });
});

describe.skipIf(isSkipped(apiServerTool))(`a real API server (${getting(apiServerTool)})`, () => {
  it('answers the recorded script as the one in memory does', async () => {
    const server = await startApiServer();
    try {
      expect(await inMemory()).toEqual(await playRecorded(overHttp(server.kubeconfig)));
    } finally {
      await server.close();
    }
  }, 120_000);
});
