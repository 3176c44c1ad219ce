import type { ChildProcess } from '../sys/processes.ts';
import type { Cancellable, System } from '../sys/system.ts';
import { settlesWithin } from '../sys/within.ts';
import type { Logger } from '../telemetry/logger.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
/** The program of a worker, from source or from the packed JS alike. */
const entry = new URL(`../bin/worker.${extension}`, import.meta.url);

/** A worker that lived shorter is not started again at once, and each one after it later. */
const shortLifeMs = 5000;
const firstDelayMs = 500;
const longestDelayMs = 10_000;
/** Workers that were told to end have so long. */
const endWithinMs = 10_000;

export interface SpawnedWorkersSettings {
  readonly system: Pick<System, 'processes' | 'timers' | 'clock'>;
  readonly logger: Logger;
  readonly count: number;
  /** What the worker of this name is told. */
  environmentOf(name: string): Readonly<Record<string, string>>;
}

interface Place {
  readonly name: string;
  process: ChildProcess | undefined;
  exited: Promise<void>;
  shortLives: number;
  retry: Cancellable | undefined;
}

/** Workers on this machine: processes of their own, started again when they die, gone when the job is. */
export class SpawnedWorkers {
  private readonly settings: SpawnedWorkersSettings;
  private readonly places: readonly Place[];
  private isOver = false;

  constructor(settings: SpawnedWorkersSettings) {
    this.settings = settings;
    this.places = Array.from({ length: settings.count }, (_, number) => ({
      name: `worker-${number}`,
      process: undefined,
      exited: Promise.resolve(),
      shortLives: 0,
      retry: undefined,
    }));
    for (const place of this.places) this.spawn(place);
  }

  /** Waits for workers that were told to end, and ends those that do not. */
  async close(): Promise<void> {
    this.isOver = true;
    for (const { retry } of this.places) retry?.cancel();
    const gone = Promise.all(this.places.map(({ exited }) => exited));
    if (await settlesWithin(this.settings.system.timers, gone, endWithinMs)) return;
    for (const { process } of this.places) process?.kill();
    await gone;
  }

  private spawn(place: Place): void {
    const { system, logger, environmentOf } = this.settings;
    const { processes, clock } = system;
    const startedMs = clock.monotonicMs();
    const child = processes.spawn(entry, environmentOf(place.name));
    place.process = child;
    logger.info(`${place.name} is started`, { worker: place.name, pid: child.pid });
    const { promise, resolve } = Promise.withResolvers<void>();
    place.exited = promise;
    child.onExit((problem) => {
      place.process = undefined;
      resolve();
      if (!this.isOver) this.respawn(place, problem, clock.monotonicMs() - startedMs);
    });
  }

  private respawn(place: Place, problem: string | undefined, livedMs: number): void {
    const { system, logger } = this.settings;
    place.shortLives = livedMs < shortLifeMs ? place.shortLives + 1 : 0;
    const delayMs =
      place.shortLives < 2 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (place.shortLives - 2));
    logger.warn(`The process of ${place.name} is gone: ${problem ?? 'it has ended'}; it is started again`);
    place.retry = system.timers.after(delayMs, () => {
      if (!this.isOver) this.spawn(place);
    });
  }
}
