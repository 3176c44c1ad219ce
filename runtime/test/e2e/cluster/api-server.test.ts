import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../../../../e2e/cluster/api-server.ts';
import { kubectl, tryKubectl } from '../../../../e2e/cluster/kubectl.ts';
import { apiServerTool, getting, isSkipped } from '../../../../e2e/harness/tools.ts';

const settings = (name: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { greeting: 'hello' } });

describe.skipIf(isSkipped(apiServerTool))(`a real API server alone (${getting(apiServerTool)})`, () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer({ users: ['guest'] });
  }, 120_000);
  afterAll(() => server.close());

  it('keeps what it has answered when it is killed', async () => {
    await kubectl(server.kubeconfig, ['apply', '--server-side', '-f', '-'], settings('kept'));
    await server.kill();
    expect(await tryKubectl(server.kubeconfig, ['get', 'configmap', 'kept'])).toMatchObject({ code: 1 });
    await server.restart();
    const text = await kubectl(server.kubeconfig, ['get', 'configmap', 'kept', '-o', 'jsonpath={.data}']);
    expect(JSON.parse(text)).toEqual({ greeting: 'hello' });
  }, 120_000);

  it('refuses what RBAC has not given', async () => {
    const guest = server.kubeconfigOf('guest');
    const { code, errors } = await tryKubectl(guest, ['get', 'configmaps']);
    expect(code).toBe(1);
    expect(errors).toMatch(/"guest" cannot list resource "configmaps"/);
  });

  it('tells a watch from before a compaction that it is gone', async () => {
    await kubectl(server.kubeconfig, ['apply', '--server-side', '-f', '-'], settings('old'));
    const page = await kubectl(server.kubeconfig, ['get', '--raw', '/api/v1/configmaps']);
    const { resourceVersion } = (JSON.parse(page) as { metadata: { resourceVersion: string } }).metadata;
    await kubectl(server.kubeconfig, ['apply', '--server-side', '-f', '-'], settings('new'));
    await server.compact();
    // What the server still has in its cache it would serve from there.
    await server.kill();
    await server.restart();
    const watch = `/api/v1/configmaps?watch=true&timeoutSeconds=5&resourceVersion=${resourceVersion}`;
    const { output, errors } = await tryKubectl(server.kubeconfig, ['get', '--raw', watch]);
    expect(`${output}${errors}`).toMatch(/too old resource version|410/);
  }, 120_000);
});
