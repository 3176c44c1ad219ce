import { describe, expect, it } from 'vitest';
import { hashValue } from '../../../src/batch/hash.ts';
import { stateAnswerSchema } from '../../../src/contract/control/workers.ts';
import { slotAnswers } from '../../../src/coordinator/control/slot-answers.ts';
import { LocalJob } from '../../../src/coordinator/local-job.ts';
import { initialRouting } from '../../../src/exchange/routing-table.ts';
import { keyGroupOf } from '../../../src/state/key-groups.ts';
import { createTestSystem } from '../../../src/testing/index.ts';
import { FakeCluster, settle } from '../fake-deployment.ts';
import { keptLog } from '../frozen-job.ts';
import { graphOfTwo } from './graph-of-two.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const created = () => {
  const { system } = createTestSystem();
  const cluster = new FakeCluster(2, true);
  const job = new LocalJob({
    system,
    logger: keptLog().logger,
    graph: graphOfTwo,
    restart: { strategy: 'None' },
    deploy: cluster.deploy,
  });
  return { job, cluster, answers: slotAnswers(job, 'shop', system.random) };
};

const started = async () => {
  const rig = created();
  rig.job.start();
  await settle();
  for (const { told } of rig.cluster.newest.slots) told.length = 0;
  return rig;
};

describe('a question about state', () => {
  it('goes to the slot that owns the key, which answers for it', async () => {
    const { answers, cluster } = await started();
    const { slotOf } = initialRouting(2, graphOfTwo.maxParallelism);
    for (const key of ['ann', 'bob', 'eve', 'joe']) {
      const keyGroup = keyGroupOf(hashValue(key), graphOfTwo.maxParallelism);
      const slot = slotOf[keyGroup] as number;
      const asked = cluster.newest.slots[slot];
      asked?.answers.push(bytesOf('{"found":true,"value":3}'));
      const answer = await answers.queryState({
        transform: 'totals',
        state: 'sum',
        key: JSON.stringify(key),
      });
      expect(stateAnswerSchema.parse(answer)).toEqual({ keyGroup, slot, found: true, value: 3 });
      const question = { kind: 'state', transform: 'totals', state: 'sum', key };
      expect(asked?.told.at(-1)).toBe(`ask ${JSON.stringify(question)}`);
    }
  });

  it('is refused when the key is no JSON, the transform is none, or nothing runs', async () => {
    const { answers } = await started();
    const ask = async (transform: string, key: string) =>
      answers.queryState({ transform, state: 'sum', key });
    await expect(ask('totals', 'ann')).rejects.toMatchObject({ code: 'request-invalid' });
    await expect(ask('total', '"ann"')).rejects.toMatchObject({ code: 'not-found' });
    const idle = created();
    await expect(
      (async () => idle.answers.queryState({ transform: 'totals', state: 'sum', key: '1' }))(),
    ).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a profile or a heap snapshot', () => {
  it('is fetched piece by piece, and let go of at its end', async () => {
    const { answers, cluster } = await started();
    const slot = cluster.newest.slots[1];
    slot?.answers.push(bytesOf('{"nodes"'), bytesOf(':[]}'), bytesOf(''));
    const { fileName, chunks } = await answers.profileSlot({ slot: 1, durationMs: 100 });
    expect(fileName).toBe('shop-slot-1-attempt-1.cpuprofile');
    let text = '';
    for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
    expect(text).toBe('{"nodes":[]}');
    const kinds = slot?.told.map((line) => JSON.parse(line.slice('ask '.length)).kind);
    expect(kinds).toEqual(['cpuProfile', 'more', 'more', 'enough']);
  });

  it('is let go of also when nobody reads on', async () => {
    const { answers, cluster } = await started();
    const slot = cluster.newest.slots[0];
    slot?.answers.push(bytesOf('{'), bytesOf('}'));
    const { chunks } = await answers.dumpHeap({ slot: 0 });
    for await (const _ of chunks) break;
    expect(slot?.told.at(-1)).toContain('"kind":"enough"');
  });

  it('is refused for a slot that the job does not have', async () => {
    const { answers } = await started();
    await expect((async () => answers.dumpHeap({ slot: 2 }))()).rejects.toMatchObject({
      code: 'not-found',
      hint: 'Its slots are numbered from 0 to 1.',
    });
  });
});
