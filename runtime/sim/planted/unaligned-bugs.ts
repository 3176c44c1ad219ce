import type { ChannelReceiver } from '../../src/exchange/channel.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import type { Watch } from '../../src/exchange/element-queue.ts';
import type { JobSeams } from '../scenarios/whole-job.ts';
import type { PlantedBug } from './planted.ts';

/** Tells nothing of the first batch that it sees. */
const withoutFirst = (watch: Watch): Watch => {
  let isFirst = true;
  return (element) => {
    if (element.kind !== 'batch' || !isFirst) return watch(element);
    isFirst = false;
    return 'keep';
  };
};

/** Tells the element behind a barrier before it: what stands behind it is in flight too. */
const oneTooMany = (watch: Watch): Watch => {
  let barrier: StreamElement | undefined;
  return (element) => {
    if (barrier === undefined) {
      if (element.kind !== 'barrier') return watch(element);
      barrier = element;
      return 'remove';
    }
    if (element.kind === 'batch') watch(element);
    watch(barrier);
    return 'keepAsLast';
  };
};

/** A receiver with a part of another kind; a class has no methods to spread. */
const changed = (right: ChannelReceiver, part: Partial<ChannelReceiver>): ChannelReceiver => ({
  poll: () => right.poll(),
  watch: (watch) => right.watch(watch),
  unwatch: () => right.unwatch(),
  restore: (elements) => right.restore(elements),
  ...part,
});

const withReceivers = (
  right: JobSeams,
  change: (receiver: ChannelReceiver) => ChannelReceiver,
): JobSeams => ({
  ...right,
  channels: (channels) => {
    const known = right.channels(channels);
    return { ...known, receiver: (edge, from, onElement) => change(known.receiver(edge, from, onElement)) };
  },
});

/** Bugs of what a barrier overtakes. */
export const unalignedBugs: readonly PlantedBug<JobSeams>[] = [
  {
    name: 'a batch that a barrier has overtaken is processed, but not copied',
    pattern: 'in flight: lost',
    plant: (right) =>
      withReceivers(right, (receiver) =>
        changed(receiver, { watch: (watch) => receiver.watch(withoutFirst(watch)) }),
      ),
  },
  {
    name: 'a batch behind the barrier is copied as if it had been overtaken',
    pattern: 'in flight: twice',
    plant: (right) =>
      withReceivers(right, (receiver) =>
        changed(receiver, { watch: (watch) => receiver.watch(oneTooMany(watch)) }),
      ),
  },
  {
    name: 'what was in flight is not taken in again',
    pattern: 'in flight: forgotten',
    plant: (right) => withReceivers(right, (receiver) => changed(receiver, { restore: () => undefined })),
  },
];
