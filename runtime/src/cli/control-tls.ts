import { join, resolve } from 'node:path';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { HttpTls } from '../sys/http.ts';
import type { Cancellable, System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ControlPlace } from './control-place.ts';

/** How often it is looked whether other certificates sign the operator's now. */
const lookMs = 10_000;

const readFile = ({ files }: System, file: string): string => {
  try {
    return files.readText(file);
  } catch (error) {
    throw new MillraceError('io', `The control API cannot read ${file}: ${reasonOf(error)}`, {
      cause: error,
      where: { file },
      hint: 'See whether the volumes of the certificates are mounted: tls.crt and tls.key are made by millrace-certificate.',
    });
  }
};

/**
 * The certificates of a control API; undefined = it has none.
 * @throws MillraceError io naming the file that cannot be read.
 */
export const readControlTls = (
  system: System,
  workingDirectory: string,
  { tlsDirectory, clientAuthority }: ControlPlace,
): HttpTls | undefined => {
  if (tlsDirectory === undefined) return undefined;
  const read = (...path: string[]): string => readFile(system, resolve(workingDirectory, ...path));
  return {
    certificate: read(join(tlsDirectory, 'tls.crt')),
    key: read(join(tlsDirectory, 'tls.key')),
    authority: clientAuthority === undefined ? undefined : read(clientAuthority),
  };
};

/** Calls back whenever the certificates are others than before. While they cannot be read, those before count. */
export const followControlTls = (
  system: System,
  logger: Logger,
  read: () => HttpTls | undefined,
  onChange: (tls: HttpTls) => void,
): Cancellable => {
  let known = JSON.stringify(read());
  let waiting: Cancellable;
  const look = (): void => {
    try {
      const tls = read();
      const text = JSON.stringify(tls);
      if (tls !== undefined && text !== known) {
        onChange(tls);
        known = text;
        logger.info('The control API has other certificates now');
      }
    } catch (error) {
      logger.warn(`The control API keeps its certificates: ${reasonOf(error)}`);
    }
    waiting = system.timers.after(lookMs, look);
  };
  waiting = system.timers.after(lookMs, look);
  return { cancel: () => waiting.cancel() };
};
