import { describe, expect, it } from 'vitest';
import { allocateDoorbells, Doorbell, DoorbellButton } from '../../src/exchange/doorbell.ts';
import { settlePromises } from '../transforms/manual-system.ts';

/** Everything two threads share, and where each of them stands in its program. */
interface World {
  published: number;
  taken: number;
  sleeping: number;
  bell: number;
  /** What the sleeper saw of the bell before it said that it sleeps. */
  seenBell: number;
  sleeper: 'look at bell' | 'say asleep' | 'look for work' | 'wait' | 'blocked' | 'awake';
  pressers: ('publish' | 'look' | 'claim' | 'ring' | 'notify' | 'done')[];
}

/** In the flawed order the slot looks for work before it says that it sleeps. */
type SleepOrder = 'says first' | 'looks first';

const stepSleeper = (world: World, order: SleepOrder): boolean => {
  const [afterBell, afterSaying, afterLooking] =
    order === 'says first'
      ? (['say asleep', 'look for work', 'wait'] as const)
      : (['look for work', 'wait', 'say asleep'] as const);
  switch (world.sleeper) {
    case 'look at bell':
      world.seenBell = world.bell;
      world.sleeper = afterBell;
      return true;
    case 'say asleep':
      world.sleeping = 1;
      world.sleeper = afterSaying;
      return true;
    case 'look for work':
      world.sleeper = world.published > world.taken ? 'awake' : afterLooking;
      return true;
    case 'wait':
      world.sleeper = world.bell === world.seenBell ? 'blocked' : 'awake';
      return true;
    case 'awake':
      world.sleeping = 0;
      world.taken = world.published;
      world.sleeper = 'look at bell';
      return true;
    case 'blocked':
      return false;
  }
};

const stepPresser = (world: World, at: number): boolean => {
  const go = (to: World['pressers'][number]): true => {
    world.pressers[at] = to;
    return true;
  };
  switch (world.pressers[at]) {
    case 'publish':
      world.published++;
      return go('look');
    case 'look':
      return go(world.sleeping === 0 ? 'done' : 'claim');
    case 'claim': {
      const was = world.sleeping;
      world.sleeping = 0;
      return go(was === 0 ? 'done' : 'ring');
    }
    case 'ring':
      world.bell++;
      return go('notify');
    case 'notify':
      if (world.sleeper === 'blocked') world.sleeper = 'awake';
      return go('done');
    default:
      return false;
  }
};

/** States in which nothing can go on although something was published and not taken, over all orders of all steps. */
const lostWakeUps = (pressers: number, order: SleepOrder): number => {
  const seen = new Set<string>();
  const open: World[] = [
    {
      published: 0,
      taken: 0,
      sleeping: 0,
      bell: 0,
      seenBell: 0,
      sleeper: 'look at bell',
      pressers: new Array<'publish'>(pressers).fill('publish'),
    },
  ];
  let lost = 0;
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    let stuck = true;
    for (let actor = -1; actor < pressers; actor++) {
      const next = structuredClone(world);
      if (!(actor < 0 ? stepSleeper(next, order) : stepPresser(next, actor))) continue;
      stuck = false;
      const name = JSON.stringify(next);
      if (!seen.has(name)) open.push(next);
      seen.add(name);
    }
    if (stuck && world.published > world.taken) lost++;
  }
  return lost;
};

describe('the protocol of a doorbell', () => {
  it.each([1, 2, 3])('loses no wake-up in any order of steps, with %i who publish', (pressers) => {
    expect(lostWakeUps(pressers, 'says first')).toBe(0);
  });

  it('would lose one if the slot looked for work before it says that it sleeps', () => {
    expect(lostWakeUps(1, 'looks first')).toBeGreaterThan(0);
  });
});

/** A doorbell, its button, its words in memory, and how often it rang. */
const newBell = (slot = 1, memory = allocateDoorbells(2)) => {
  const bell = new Doorbell(memory, slot);
  let heard: () => void = () => undefined;
  const rig = {
    button: new DoorbellButton(memory, slot),
    words: new Int32Array(memory, slot * 64, 2),
    rings: 0,
    /** Sleeps; the promise settles when the bell rings. */
    sleep: (hasWork: () => boolean = () => false): Promise<void> =>
      new Promise((resolve) => {
        heard = resolve;
        bell.sleep(hasWork, () => {
          rig.rings++;
          heard();
        });
      }),
  };
  return rig;
};

describe('a doorbell', () => {
  it('rings once when it is pressed twice while its slot sleeps', async () => {
    const rig = newBell();
    const rung = rig.sleep();
    await settlePromises();
    expect(rig.rings).toBe(0);
    rig.button.press();
    rig.button.press();
    await rung;
    expect(rig.rings).toBe(1);
    expect([...rig.words]).toEqual([0, 1]);
  });

  it('stays silent when it is pressed while its slot works', () => {
    const { button, words } = newBell();
    button.press();
    expect([...words]).toEqual([0, 0]);
  });

  it('does not let its slot sleep when there is work after all', () => {
    const rig = newBell();
    void rig.sleep(() => true);
    expect(rig.rings).toBe(1);
    expect(rig.words[0]).toBe(0);
  });

  it('rings at once when it was pressed between the last look and the sleep', () => {
    const rig = newBell();
    void rig.sleep(() => {
      rig.button.press();
      return false;
    });
    expect(rig.rings).toBe(1);
  });

  it('waits once, however often a slot that something else woke goes to sleep again', async () => {
    const rig = newBell();
    void rig.sleep();
    const rung = rig.sleep();
    rig.button.press();
    await rung;
    expect(rig.rings).toBe(1);
  });

  it('can be slept at again after it rang', async () => {
    const rig = newBell();
    for (let i = 1; i <= 3; i++) {
      const rung = rig.sleep();
      rig.button.press();
      await rung;
      expect(rig.rings).toBe(i);
    }
  });

  it('wakes only its own slot', async () => {
    const memory = allocateDoorbells(2);
    const [other, own] = [newBell(0, memory), newBell(1, memory)];
    void other.sleep();
    const rung = own.sleep();
    own.button.press();
    await rung;
    expect([other.rings, own.rings]).toEqual([0, 1]);
    expect(other.words[0]).toBe(1);
  });
});
