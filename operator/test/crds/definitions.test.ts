import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServer } from '../../../e2e/cluster/api-server.ts';
import { kubectl, tryKubectl } from '../../../e2e/cluster/kubectl.ts';
import { apiServerTool, getting, isSkipped } from '../../../e2e/harness/tools.ts';
import { definitionsFolder, job, startWithDefinitions } from './support.ts';

describe.skipIf(isSkipped(apiServerTool))(
  `the definitions in a real API server (${getting(apiServerTool)})`,
  () => {
    let server: ApiServer;
    const call = (args: readonly string[], input = '') => tryKubectl(server.kubeconfig, args, input);
    const apply = (text: string) => call(['apply', '-f', '-'], text);

    beforeAll(async () => {
      server = await startWithDefinitions();
    }, 180_000);
    afterAll(() => server?.close());

    it('are taken by server-side apply too, and are not changed by it', async () => {
      const output = await kubectl(server.kubeconfig, [
        'apply',
        '--server-side',
        '--force-conflicts',
        '-k',
        definitionsFolder,
      ]);
      expect(output).toMatch(/streamjobs.millrace.dev serverside-applied/);
    }, 60_000);

    it('refuse names that are too long for the objects of a job', async () => {
      expect((await call(['create', '--dry-run=server', '-f', '-'], job('a'.repeat(40), {}))).code).toBe(0);
      for (const name of ['a'.repeat(41), '1a', 'a.b'])
        expect((await call(['create', '--dry-run=server', '-f', '-'], job(name, {}))).errors).toContain(
          'metadata.name: expected a name of lower-case letters',
        );
    }, 60_000);

    it('let nobody change, add or remove what is immutable, and all else', async () => {
      const fixed = { maxParallelism: 256 };
      expect((await apply(job('fixed', fixed))).code).toBe(0);
      expect((await apply(job('fixed', { ...fixed, args: { a: 'b' } }))).code).toBe(0);
      for (const other of [{ maxParallelism: 128 }, { maxParallelism: null }])
        expect((await apply(job('fixed', other))).errors).toContain('maxParallelism cannot be changed');
      const elsewhere = { ...fixed, checkpoint: { store: { s3: { bucket: 'others' } } } };
      expect((await apply(job('fixed', elsewhere))).errors).toContain('bucket cannot be changed');
      const address = {
        ...fixed,
        checkpoint: { store: { s3: { bucket: 'snapshots', endpoint: 'http://minio:9000' } } },
      };
      expect((await apply(job('fixed', address))).code).toBe(0);
    }, 60_000);

    it('scale by kubectl, within the bounds of parallelism', async () => {
      expect((await apply(job('scaled', {}))).code).toBe(0);
      expect((await call(['scale', 'sj/scaled', '--replicas=3'])).code).toBe(0);
      const output = await kubectl(server.kubeconfig, [
        'get',
        'sj',
        'scaled',
        '-o',
        'jsonpath={.spec.parallelism}',
      ]);
      expect(output).toBe('3');
      expect((await call(['scale', 'sj/scaled', '--replicas=100000'])).errors).toMatch(/parallelism/);
    }, 60_000);

    it('show what matters of a job in a line, and list all kinds by the category', async () => {
      expect((await apply(job('shown', {}))).code).toBe(0);
      const output = await kubectl(server.kubeconfig, ['get', 'sj', 'shown']);
      expect(output).toMatch(/^NAME +PHASE +READY +PARALLELISM +REVISION +CHECKPOINT +LAST PAUSE +AGE/);
      expect(await kubectl(server.kubeconfig, ['get', 'millrace', '-o', 'name'])).toContain(
        'streamjob.millrace.dev/shown',
      );
      expect(await kubectl(server.kubeconfig, ['explain', 'sj.spec.deletion'])).toContain('timeout');
    }, 60_000);
  },
);
