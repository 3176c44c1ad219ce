import { describe, expect, it } from 'vitest';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { claimNetwork } from '../../src/dev/network.ts';

const { net } = createNodeSystem();
/** Two clusters that begin to look at the same place. */
const random = { next: () => 0.5, id: () => '' };

describe('the addresses of a cluster of this machine', () => {
  it('are those of no other cluster, and free again behind it', async () => {
    const first = await claimNetwork({ net, random });
    const second = await claimNetwork({ net, random });
    expect(second.podAddress(1)).not.toBe(first.podAddress(1));
    await first.release();
    const third = await claimNetwork({ net, random });
    expect(third.podAddress(1)).toBe(first.podAddress(1));
    await second.release();
    await third.release();
  });

  it('are one for each pod and service', async () => {
    const network = await claimNetwork({ net, random });
    const numbers = Array.from({ length: 600 }, (_, i) => i + 1);
    const all = numbers.flatMap((number) => [network.podAddress(number), network.serviceAddress(number)]);
    expect(new Set(all).size).toBe(1200);
    for (const address of all) expect(address).toMatch(/^127\.\d+\.\d+\.\d+$/);
    await network.release();
  });
});
