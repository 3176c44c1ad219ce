import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getting, isSkipped, kubectlTool } from '../../../../e2e/harness/tools.ts';
import { createNodeSystem } from '../../../../runtime/src/sys/node-system.ts';
import { type ApiServer, serveApi } from '../../../src/dev/api/server.ts';
import { podKind, streamJobKind } from '../../../src/dev/store/kinds.ts';
import { ObjectStore } from '../../../src/dev/store/object-store.ts';
import type { Sent } from '../../../src/dev/store/values.ts';
import { written } from '../../streamjob/job-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
const program = fileURLToPath(new URL('../../../src/cli/kubectl-millrace.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** The real kubectl, which finds the plugin on its path. */
const run = (words: string): Promise<Ended> =>
  new Promise((resolve) => {
    const path = [folder, dirname(kubectlTool.path), process.env['PATH']].join(delimiter);
    const env = { ...process.env, PATH: path, KUBECONFIG: join(folder, 'kubeconfig') };
    execFile(kubectlTool.path, words.split(' '), { env }, (error, output, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output, errors }),
    );
  });

const pod = (uid: string): Sent =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'counts-1', namespace: 'default', labels: { 'millrace.dev/job-uid': uid } },
    spec: { containers: [{ name: 'worker', image: 'image' }] },
  }) as Sent;

describe.skipIf(isSkipped(kubectlTool))(
  `kubectl millrace by a real kubectl (${getting(kubectlTool)})`,
  () => {
    const system = createNodeSystem();
    const store = new ObjectStore(system);
    let server: ApiServer;
    const change = (status: object): void => {
      const at = { namespace: 'default', name: 'counts' };
      store.change(streamJobKind, at, 'status', {}, (live) => ({ ...live, status: { ...status } }));
    };

    beforeAll(async () => {
      server = await serveApi({
        system,
        store,
        port: 0,
        readLogs: (_target, _options, onText, onEnd) => {
          onText('a line of a log\n');
          onEnd();
          return () => undefined;
        },
      });
      writeFileSync(join(folder, 'kubeconfig'), server.kubeconfig);
      const call = `exec "${process.execPath}" --conditions=millrace-source "${program}" "$@"`;
      writeFileSync(join(folder, 'kubectl-millrace'), `#!/bin/sh\n${call}\n`, { mode: 0o755 });
      const job = store.create(streamJobKind, {
        apiVersion: 'millrace.dev/v1alpha1',
        kind: 'StreamJob',
        metadata: { name: 'counts', namespace: 'default' },
        spec: written('one') as Sent['spec'],
      });
      store.create(podKind, pod(job.metadata.uid));
      change({ phase: 'Running', observedGeneration: 1, revision: { current: 'aaaa' } });
    });
    afterAll(async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    });

    it('looks at jobs, and at what their pods have written', async () => {
      expect((await run('millrace status')).output).toMatch(/\ncounts +Running +- +0\/2 +aaaa /);
      expect((await run('millrace explain counts')).output).toMatch(/^counts: It is Running\./);
      expect((await run('millrace logs counts')).output).toBe('[pod/counts-1/worker] a line of a log\n');
    }, 60_000);

    it('changes what is wanted of them', async () => {
      await Promise.all(
        [
          'millrace scale counts 5',
          'millrace suspend counts -n default --context millrace-dev',
          'millrace restart counts',
          'millrace savepoint counts --as before',
        ].map(async (words) => expect(await run(words)).toMatchObject({ code: 0, errors: '' })),
      );
      const job = store.find(streamJobKind, { namespace: 'default', name: 'counts' });
      expect(job?.spec).toMatchObject({ parallelism: 5, state: 'Suspended' });
      expect(job?.metadata.annotations).toEqual({ 'millrace.dev/restart': expect.stringMatching(/^20/) });
      expect((await run('get savepoint before -o jsonpath={.spec.jobRef.name}')).output).toBe('counts');
    }, 60_000);

    it('says what is wrong with a call, by its code too', async () => {
      expect(await run('millrace status nothing')).toMatchObject({ code: 1, output: '' });
      expect((await run('millrace scale counts many')).code).toBe(2);
      expect((await run('millrace status --context nowhere')).errors).toContain('names no cluster');
    }, 60_000);
  },
);
