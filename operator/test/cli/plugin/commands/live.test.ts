import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createNodeSystem } from '../../../../../runtime/src/sys/node-system.ts';
import { askLive } from '../../../../src/cli/plugin/live.ts';
import type { PluginIo } from '../../../../src/cli/plugin/plugin-io.ts';
import { liveLines } from '../../../../src/cli/plugin/text/live-text.ts';
import type { Pod } from '../../../../src/kube/kinds.ts';
import type { Stored } from '../../../../src/kube/objects.ts';
import { jobStatus } from '../../../streamjob/job-table.ts';
import { runningRig } from '../plugin-rig.ts';

const pod = (podIP: string): Stored<Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'counts-1', uid: '1', resourceVersion: '1' },
  spec: { containers: [] },
  status: { podIP },
});

describe('kubectl millrace ui', () => {
  it('forwards a port to the coordinator', async () => {
    const rig = await runningRig();
    const { output, kubectl } = await rig.call('ui counts --port 9000');
    expect(output).toMatch(/^http:\/\/127\.0\.0\.1:9000 has \/v1\/status, .* Ctrl-C ends it\.\n$/);
    expect(kubectl.join(' ')).toMatch(
      /^port-forward pod\/counts-\w+-coordinator-\w+ 9000:8081 --namespace=default$/,
    );
  });

  it('says so when no coordinator is ready', async () => {
    const rig = await runningRig();
    await rig.call('suspend counts');
    await rig.until('no pods', () => rig.pods.length === 0);
    expect((await rig.call('ui counts')).errors).toBe(
      'error: No coordinator of counts is ready. See kubectl millrace explain counts.\n',
    );
  });
});

describe('what a coordinator tells now', () => {
  it('is asked over a port that is forwarded for so long, or at its address on this machine', async () => {
    const system = createNodeSystem();
    const server = await system.http.listen(
      (_request: IncomingMessage, response: ServerResponse) => {
        response.end(JSON.stringify(jobStatus()));
      },
      { host: '127.0.0.1', port: 0 },
    );
    let closed = 0;
    const io = {
      system,
      forward: async () => ({
        url: `http://127.0.0.1:${server.port}`,
        close: () => {
          closed++;
        },
      }),
    } as unknown as PluginIo;
    const status = await askLive(io, {}, pod('10.0.0.7'), (ask) => ask('getStatus', {}));
    expect(status).toMatchObject({ name: 'counts', state: 'running' });
    expect(closed).toBe(1);
    await server.close();
    await expect(askLive(io, {}, pod('10.0.0.7'), (ask) => ask('getStatus', {}))).rejects.toThrow(
      'The coordinator counts-1 does not answer',
    );
    expect(closed).toBe(2);
  });

  it('is shown with what each task has done', () => {
    const task = { task: 0, name: 'count', parallelism: 2, recordsIn: 10, recordsOut: 3, deadLetters: 0 };
    const tasks = [{ ...task, lateRecords: 0, watermarkMs: null, busyShare: 0.5, blockedShare: 0 }];
    expect(liveLines({ status: jobStatus({ trouble: 'it waits' }), tasks }, 61_000)).toEqual([
      'Now: running for 1m1s, attempt 1, 0 restarts, 2 slots, checkpoint 3 60000 ms ago',
      '  it waits',
      '  TASK   SLOTS  IN  OUT  BUSY  BLOCKED',
      '  count  2      10  3    50%   0%',
    ]);
  });
});
