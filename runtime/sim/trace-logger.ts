import type { LogFields, Logger } from '../src/telemetry/logger.ts';
import type { SimulatedProcess } from './process.ts';

/** The log of a simulated process, as lines of the trace. */
export const traceLogger = (process: SimulatedProcess): Logger => {
  const line =
    (level: string) =>
    (message: string, { error }: LogFields = {}): void => {
      if (!process.alive) return;
      const cause = error instanceof Error ? `: ${error.message}` : '';
      process.world.note(`${process.name} ${level}: ${message}${cause}`);
    };
  const logger: Logger = {
    error: line('error'),
    warn: line('warn'),
    info: line('info'),
    debug: () => undefined,
    isEnabled: (level) => level !== 'debug',
    child: () => logger,
  };
  return logger;
};
