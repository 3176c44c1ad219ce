/** Drives several copies of a processor as slots among which key groups are dealt out anew while a stream goes on. */
import { hashValue } from '../../src/batch/hash.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { drive, type FakeContext, fakeContext, type Input } from './support.ts';

export const groupCount = 16;

/** From this input on every key group has this owner. */
export interface Deal {
  readonly at: number;
  readonly ownerOf: (keyGroup: number) => number;
}

/** Makes a processor ready to take records. */
export type Create = (context: FakeContext) => Processor | Promise<Processor>;

const groups: readonly number[] = Array.from({ length: groupCount }, (_, group) => group);

const moveGroup = (from: Processor, to: Processor, group: number): void => {
  const bytes = from.exportKeyGroup?.(group);
  from.dropKeyGroup?.(group);
  if (bytes !== undefined) to.importKeyGroup?.(group, bytes);
};

/**
 * What comes out at each input, in no order. Every copy sees all watermarks, times and records without a key (broadcast ones);
 * a record with a key is seen by the owner of its group alone.
 */
export const outputOfOwners = async (
  create: Create,
  inputs: readonly Input[],
  owners: number,
  deals: readonly Deal[],
  read: (context: FakeContext) => unknown[],
): Promise<unknown[][]> => {
  const contexts = Array.from({ length: owners }, () => fakeContext({ maxParallelism: groupCount }));
  const copies = await Promise.all(contexts.map(async (context) => await create(context)));
  let ownerOf = (_group: number): number => 0;
  const give = (owner: number, input: Input): void =>
    drive(copies[owner] as Processor, contexts[owner] as FakeContext, [input]);
  return inputs.map((input, i) => {
    for (const deal of deals.filter(({ at }) => at === i)) {
      for (const group of groups) {
        const [from, to] = [ownerOf(group), deal.ownerOf(group)];
        if (from !== to) moveGroup(copies[from] as Processor, copies[to] as Processor, group);
      }
      ({ ownerOf } = deal);
    }
    if ('key' in input) give(ownerOf(keyGroupOf(hashValue(input.key), groupCount)), input);
    else for (const owner of contexts.keys()) give(owner, input);
    return contexts.flatMap(read);
  });
};
