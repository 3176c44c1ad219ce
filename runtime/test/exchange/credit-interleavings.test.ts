import { describe, expect, it } from 'vitest';

/**
 * Credit between two slots as machines of single memory accesses, run in every possible order: the sender counts a batch and
 * publishes it while it has credit, else sleeps at its doorbell; the receiver takes a batch, gives its credit back and rings.
 * What each access does is written down once more from `ring-channels.ts` and `doorbell.ts`.
 */
interface World {
  /** Shared memory: batches under way, what was published, the words of the sender's doorbell. */
  credits: number;
  published: number;
  sleeping: number;
  bell: number;
  sender: {
    step:
      | 'look'
      | 'count'
      | 'publish'
      | 'see bell'
      | 'say asleep'
      | 'look again'
      | 'wait'
      | 'blocked'
      | 'woken'
      | 'done';
    /** Batches of the call in hand that are still to come: it goes on without credit. */
    burst: number;
    seenBell: number;
    /** Whether it was refused since it last slept. */
    lacks: boolean;
  };
  receiver: {
    step: 'take' | 'give' | 'look' | 'claim' | 'ring' | 'notify';
    taken: number;
  };
}

/** A wrong protocol, to show that the exploration finds what it looks for. */
type Flaw = 'sleeps without another look' | 'rings before it gives' | undefined;

interface Plan {
  readonly credit: number;
  readonly batches: number;
  /** Batches that one call emits: all but the first are overdraft if need be. */
  readonly burst: number;
  readonly flaw?: Flaw;
}

const stepSender = (world: World, { credit, batches, burst, flaw }: Plan): boolean => {
  const { sender } = world;
  switch (sender.step) {
    case 'look':
      sender.lacks ||= world.credits >= credit;
      sender.step = world.credits < credit ? 'count' : 'see bell';
      sender.burst = burst;
      return true;
    case 'count':
      world.credits += 1;
      sender.step = 'publish';
      return true;
    case 'publish':
      world.published += 1;
      sender.burst -= 1;
      if (world.published === batches) sender.step = 'done';
      else sender.step = sender.burst > 0 ? 'count' : 'look';
      return true;
    case 'see bell':
      sender.seenBell = world.bell;
      sender.step = 'say asleep';
      return true;
    case 'say asleep':
      world.sleeping = 1;
      sender.step = flaw === 'sleeps without another look' ? 'wait' : 'look again';
      return true;
    case 'look again': {
      const cameBack = sender.lacks && world.credits < credit;
      if (cameBack) world.sleeping = 0;
      sender.step = cameBack ? 'woken' : 'wait';
      return true;
    }
    case 'wait':
      sender.step = world.bell === sender.seenBell ? 'blocked' : 'woken';
      return true;
    case 'woken':
      sender.lacks = false;
      sender.step = 'look';
      return true;
    case 'blocked':
    case 'done':
      return false;
  }
};

const stepReceiver = (world: World, { credit, flaw }: Plan): boolean => {
  const { receiver, sender } = world;
  const give = (): number => world.credits--;
  switch (receiver.step) {
    case 'take':
      if (receiver.taken === world.published) return false;
      receiver.taken += 1;
      receiver.step = flaw === 'rings before it gives' && world.credits === credit ? 'look' : 'give';
      return true;
    case 'give':
      receiver.step = give() === credit && flaw !== 'rings before it gives' ? 'look' : 'take';
      return true;
    case 'look':
      receiver.step = world.sleeping === 0 ? afterRinging(flaw) : 'claim';
      return true;
    case 'claim':
      receiver.step = world.sleeping === 0 ? afterRinging(flaw) : 'ring';
      world.sleeping = 0;
      return true;
    case 'ring':
      world.bell += 1;
      receiver.step = 'notify';
      return true;
    case 'notify':
      if (sender.step === 'blocked') sender.step = 'woken';
      receiver.step = afterRinging(flaw);
      return true;
  }
};

const afterRinging = (flaw: Flaw): 'give' | 'take' => (flaw === 'rings before it gives' ? 'give' : 'take');

interface Exploration {
  readonly states: number;
  /** States in which nobody can go on although batches are left. */
  readonly stuck: number;
  /** The most and the fewest batches under way that credit was counted for. */
  readonly most: number;
  readonly least: number;
}

const explore = (plan: Plan): Exploration => {
  const open: World[] = [
    {
      credits: 0,
      published: 0,
      sleeping: 0,
      bell: 0,
      sender: { step: 'look', burst: 0, seenBell: 0, lacks: false },
      receiver: { step: 'take', taken: 0 },
    },
  ];
  const seen = new Set<string>();
  let [stuck, most, least] = [0, 0, 0];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    most = Math.max(most, world.credits);
    least = Math.min(least, world.credits);
    const [left, right] = [structuredClone(world), structuredClone(world)];
    const next = [...(stepSender(left, plan) ? [left] : []), ...(stepReceiver(right, plan) ? [right] : [])];
    if (next.length === 0 && world.receiver.taken < plan.batches) stuck += 1;
    for (const one of next) {
      const name = JSON.stringify(one);
      if (!seen.has(name)) open.push(one);
      seen.add(name);
    }
  }
  return { states: seen.size, stuck, most, least };
};

describe('credit between two slots, in every order of their steps', () => {
  it.each([
    { credit: 1, batches: 4, burst: 1 },
    { credit: 2, batches: 6, burst: 1 },
    { credit: 4, batches: 9, burst: 1 },
    { credit: 2, batches: 7, burst: 3 },
    { credit: 4, batches: 9, burst: 2 },
  ])('leaves nobody waiting and is never exceeded but by overdraft: %o', (plan) => {
    const { states, stuck, most, least } = explore(plan);
    expect(stuck).toBe(0);
    expect(least).toBe(0);
    expect(most).toBe(plan.credit - 1 + plan.burst);
    expect(states).toBeGreaterThan(100);
  });

  it.each(['sleeps without another look', 'rings before it gives'] as const)(
    'would leave both waiting if one of them %s',
    (flaw) => {
      expect(explore({ credit: 2, batches: 6, burst: 1, flaw }).stuck).toBeGreaterThan(0);
    },
  );
});
