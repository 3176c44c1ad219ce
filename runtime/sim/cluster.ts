import { MillraceError } from '../src/contract/errors.ts';
import type { System } from '../src/sys/system.ts';
import { SimulatedDisk } from './disk.ts';
import { SimulatedNetwork } from './network.ts';
import { SimulatedProcess } from './process.ts';
import { SimulatedStorage } from './storage.ts';
import type { ThreadPrograms } from './threads.ts';
import { Outlet } from './workload/outlet.ts';
import { World } from './world.ts';

export interface StartOptions {
  /** Whose disk it has. */
  readonly diskOf?: string;
  /** What its threads run. */
  readonly threads?: (cluster: Cluster) => ThreadPrograms;
}

/** A world with what a job needs around it: a network, an object storage, an outlet, and processes. */
export class Cluster {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly storage = new SimulatedStorage();
  readonly outlet = new Outlet();
  readonly processes: SimulatedProcess[] = [];
  /** How many of the next records make user code throw. */
  poison = 0;
  private readonly bySystem = new Map<System, SimulatedProcess>();
  private readonly disks = new Map<string, SimulatedDisk>();

  constructor(seed: number) {
    this.world = new World(seed);
    this.network = new SimulatedNetwork(this.world);
  }

  /** Starts a process on a host. What lies on a disk it finds as others have left it; it is that of the host unless another is named. */
  start(name: string, host: string = name, { diskOf = host, threads }: StartOptions = {}): SimulatedProcess {
    const disk = this.disks.get(diskOf) ?? new SimulatedDisk(this.world.random.fork(`disk of ${diskOf}`));
    this.disks.set(diskOf, disk);
    const process = new SimulatedProcess(this.world, {
      name,
      host,
      disk,
      network: this.network,
      ...(threads === undefined ? {} : { threads: threads(this) }),
      onChild: (child) => void this.bySystem.set(child.system, child),
    });
    this.processes.push(process);
    this.bySystem.set(process.system, process);
    return process;
  }

  /** Lets go of all that the engine would hold on to. */
  end(): void {
    for (const process of this.living()) process.kill('the simulation is over');
  }

  /** Those that run, or are stopped. */
  living(): readonly SimulatedProcess[] {
    return this.processes.filter(({ alive }) => alive);
  }

  /** Called by user code for a record: throws if it is poisoned. */
  taste(): void {
    if (this.poison === 0) return;
    this.poison--;
    this.world.note('a record makes user code throw');
    // A failure of the job and not of the record, whatever the policy for dead letters.
    throw new MillraceError('resource', 'This record is poisoned.');
  }

  processOf(system: System): SimulatedProcess {
    const process = this.bySystem.get(system);
    if (process === undefined) throw new Error('This is the system of no simulated process.');
    return process;
  }
}
