import type { Cluster, StartOptions } from './cluster.ts';
import type { SimulatedProcess } from './process.ts';

/** How long it takes until somebody notices that a process is gone or does nothing, and starts another, in ms. */
const noticeMs = 1000;

/** Runs in a process; resolves when there is nothing more to do. A process whose program rejects is gone. */
export type Program = (process: SimulatedProcess) => Promise<void>;

/**
 * Keeps one process of a program running, as an operator or an init system would: a new one when the last is gone, and one beside it
 * when the last says nothing any more, for all that anybody can tell from outside.
 */
export const keepRunning = (
  cluster: Cluster,
  name: string,
  program: Program,
  options: StartOptions = {},
): void => {
  const { world } = cluster;
  let number = 0;
  let isOver = false;
  let newest: SimulatedProcess | undefined;
  const start = (): void => {
    const process = cluster.start(`${name}-${++number}`, name, options);
    newest = process;
    world.note(`${process.name} starts`);
    world.after(
      0,
      () => {
        program(process).then(
          () => {
            isOver ||= process === newest && process.alive;
          },
          (error: unknown) => process.escaped(error),
        );
      },
      process,
    );
  };
  const look = (): void => {
    if (isOver) return;
    if (newest === undefined || newest.freeAtMs === Infinity || !newest.alive) start();
    world.after(noticeMs, look);
  };
  look();
};
