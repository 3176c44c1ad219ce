import { describe, expect, it } from 'vitest';
import { runningRig } from '../plugin-rig.ts';

describe('kubectl millrace logs', () => {
  it('starts kubectl for the pods of a job, or for some of them', async () => {
    const rig = await runningRig();
    const job = `millrace.dev/job-uid=${rig.job()?.metadata.uid}`;
    const { kubectl } = await rig.call('logs counts');
    expect(kubectl.join(' ')).toBe(
      `logs --prefix --selector ${job} --tail 100 --max-log-requests 256 --namespace=default`,
    );
    const some = await rig.call('logs counts --role worker -f --tail -1');
    expect(some.kubectl.join(' ')).toContain(`--selector ${job},millrace.dev/role=worker --tail -1`);
    expect(some.kubectl).toContain('--follow');
  });

  it('says so when no such pod is there', async () => {
    const rig = await runningRig();
    const { code, errors, kubectl } = await rig.call('logs counts --revision 0123456789');
    expect({ code, kubectl }).toEqual({ code: 1, kubectl: [] });
    expect(errors).toBe('error: No such pod of counts is there. See kubectl millrace tree counts.\n');
    expect((await rig.call('logs counts --tail some')).code).toBe(2);
  });
});
