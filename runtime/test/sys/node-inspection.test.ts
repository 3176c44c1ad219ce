import { expect, it } from 'vitest';
import { nodeInspection } from '../../src/sys/node-inspection.ts';

interface Profile {
  readonly nodes: readonly { readonly callFrame: { readonly functionName: string } }[];
}

/** Works until it has worked for long enough to be sampled. */
const countForAWhile = (): number => {
  let sum = 0;
  for (let i = 0; i < 30_000_000; i++) sum = (sum + i * i) % 1_000_003;
  return sum;
};

it('samples what the thread runs, for the developer tools', async () => {
  const profile = await nodeInspection.startCpuProfile();
  countForAWhile();
  const { nodes } = JSON.parse(await profile.stop()) as Profile;
  expect(nodes.map(({ callFrame }) => callFrame.functionName)).toContain('countForAWhile');
});

it('takes another profile after one that was abandoned', async () => {
  (await nodeInspection.startCpuProfile()).abandon();
  const second = await nodeInspection.startCpuProfile();
  expect(JSON.parse(await second.stop())).toHaveProperty('nodes');
});

it('writes what is on the heap into a file without a name', () => {
  const file = nodeInspection.heapSnapshot();
  const begin = new Uint8Array(64);
  file.read(begin, 0, begin.length, 0);
  expect(new TextDecoder().decode(begin)).toMatch(/^\{"snapshot":/);
  expect(file.status().sizeBytes).toBeGreaterThan(1_000_000);
  file.close();
});
