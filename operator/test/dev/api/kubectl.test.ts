import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectl, tryKubectl } from '../../../../e2e/cluster/kubectl.ts';
import { getting, isSkipped, kubectlTool } from '../../../../e2e/harness/tools.ts';
import { createNodeSystem } from '../../../../runtime/src/sys/node-system.ts';
import { type ApiServer, type ReadLogs, serveApi } from '../../../src/dev/api/server.ts';
import { collectGarbage } from '../../../src/dev/controllers/garbage.ts';
import { runReplicaSets } from '../../../src/dev/controllers/replica-sets.ts';
import { ObjectStore } from '../../../src/dev/store/object-store.ts';
import { FakeKubelet } from '../kubelet/fake-kubelet.ts';
import { replicaSet, streamJob } from '../support.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
const path = join(folder, 'kubeconfig');

const run = (words: string, input = ''): Promise<string> => kubectl(path, words.split(' '), input);

const refused = async (words: string, input = ''): Promise<string> =>
  (await tryKubectl(path, words.split(' '), input)).errors;

const job = (spec: object): string => JSON.stringify(streamJob('words', { ...spec }));

const parallelism = (): Promise<string> => run('get sj words -o jsonpath={.spec.parallelism}');

const readLogs: ReadLogs = (_target, _options, onText, onEnd) => {
  onText('a line of a log\n');
  onEnd();
  return () => undefined;
};

const start = async (): Promise<ApiServer> => {
  const system = createNodeSystem();
  const store = new ObjectStore(system);
  runReplicaSets(store, system.timers, { delayMs: 1 });
  collectGarbage(store, system.timers, 1);
  new FakeKubelet(store, system.timers, { stepMs: 10 });
  const server = await serveApi({ system, store, readLogs, port: 0 });
  writeFileSync(path, server.kubeconfig);
  return server;
};

describe.skipIf(isSkipped(kubectlTool))(`a real kubectl (${getting(kubectlTool)})`, () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it('finds out what there is', async () => {
    expect(await run('version')).toContain('Server Version: v1.36');
    expect(await run('api-resources')).toMatch(/streamjobs +sj +millrace.dev\/v1alpha1 +true +StreamJob/);
  });

  it('applies a job, both ways, and takes back what it leaves out', async () => {
    expect(await run('apply -f -', job({ parallelism: 2, args: { a: '1' } }))).toContain('words created');
    expect(await run('apply -f -', job({ parallelism: 2, args: { a: '1' } }))).toContain('words unchanged');
    expect(await run('apply -f -', job({ args: { a: '1' } }))).toContain('words configured');
    expect(await parallelism()).toBe('1');
    await run('apply --server-side -f -', job({ parallelism: 3 }));
    await run('apply --server-side -f -', job({}));
    expect(await parallelism()).toBe('1');
  });

  it('shows it in columns', async () => {
    const [head, row] = (await run('get sj')).split('\n');
    expect(head).toMatch(/^NAME +PHASE +READY +PARALLELISM +REVISION +CHECKPOINT +LAST PAUSE +AGE$/);
    expect(row).toMatch(/^words +1 +\d+s$/);
    expect(await run('get millrace')).toContain('streamjob.millrace.dev/words');
    expect(await run('describe sj words')).toContain('API Version:  millrace.dev/v1alpha1');
  });

  it('is told what is wrong with a job', async () => {
    expect(await refused('apply -f -', job({ paralelism: 2 }))).toContain('Did you mean parallelism?');
  });

  it('scales, patches, labels and edits it', async () => {
    await run('scale sj words --replicas=4');
    expect(await parallelism()).toBe('4');
    await run('patch sj words --type=merge -p {"spec":{"parallelism":5}}');
    expect(await parallelism()).toBe('5');
    await run('patch sj words --type=json -p [{"op":"replace","path":"/spec/parallelism","value":6}]');
    expect(await parallelism()).toBe('6');
    await run('label sj words team=a');
    expect(await run('get sj -l team=a -o name')).toBe('streamjob.millrace.dev/words\n');
  });

  it('waits for pods, and deletes them', async () => {
    await run('apply -f -', JSON.stringify(replicaSet('web', 2)));
    await run('wait --for=jsonpath={.status.readyReplicas}=2 rs/web --timeout=20s');
    expect(await run('wait --for=condition=Ready pod -l app=web --timeout=20s')).toContain('condition met');
    expect(await run('get pods')).toMatch(/web-\w{5} +1\/1 +Running +0 +\d+s/);
    await run('apply -f -', JSON.stringify(replicaSet('web', 1)));
    const name = await run('get pods -l app=web -o name');
    expect(await run(`logs ${name.split('\n')[0]}`)).toBe('a line of a log\n');
    await run('delete pod -l app=web --timeout=20s');
    await run('delete rs web --timeout=20s');
    await run('wait --for=delete pod -l app=web --timeout=20s');
  });

  it('deletes a job', async () => {
    expect(await run('delete sj words --timeout=20s')).toContain('deleted');
    expect(await refused('get sj words')).toContain('"words" not found');
  });
});
