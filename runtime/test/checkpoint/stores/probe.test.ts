import { expect, it } from 'vitest';
import { probeStore } from '../../../src/checkpoint/stores/probe.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const random = { next: () => 0, id: () => 'fresh' };
const clock = { nowMs: () => 7, monotonicMs: () => 7 };

class StoreWithoutConditions extends MemoryStore {
  override async putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    await this.put(key, bytes);
    return 'written';
  }
}

class StoreThatLies extends MemoryStore {
  override async putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    const answer = await super.putIfAbsent(key, bytes);
    await this.put(key, bytes);
    return answer;
  }
}

it('refuses a store that ignores conditions, in a sentence that says what could happen', async () => {
  for (const Store of [StoreWithoutConditions, StoreThatLies]) {
    await expect(probeStore(new Store(clock), random)).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('it ignores the condition (If-None-Match)'),
      hint: expect.stringContaining('two coordinators could both believe to be the only one'),
      where: { store: 'memory', key: 'probe/fresh' },
    });
  }
});
