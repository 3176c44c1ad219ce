import { SimulatedDisk } from '../../sim/disk.ts';
import { SimulatedNetwork } from '../../sim/network.ts';
import { SimulatedProcess } from '../../sim/process.ts';
import { World } from '../../sim/world.ts';

/** A world with nothing in it, and a way to make processes that have a disk of their own. */
export const newWorld = (
  seed = 1,
): { world: World; network: SimulatedNetwork; start: (name: string) => SimulatedProcess } => {
  const world = new World(seed);
  const network = new SimulatedNetwork(world);
  return {
    world,
    network,
    start: (name) =>
      new SimulatedProcess(world, {
        name,
        network,
        disk: new SimulatedDisk(world.random.fork(`disk ${name}`)),
      }),
  };
};

/** Lets everything happen that is going to. */
export const settle = async (world: World, budgetMs = 60_000): Promise<void> => {
  await world.run(() => false, budgetMs);
};

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
