import { toLoggable } from '../telemetry/loggable.ts';
import type { LogFields, Logger, LogLevel } from '../telemetry/logger.ts';

/** A line on its way to the thread that holds the log. */
export interface LogMessage {
  readonly kind: 'log';
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

const ranks: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** Fields may be anything, and not everything can be sent: they are made plain here, as the log would do it. */
const sendable = (fields: LogFields): LogFields => toLoggable(fields) as LogFields;

/** Sends lines of `level` and worse to the thread that holds the log. */
export const remoteLogger = (
  send: (message: LogMessage) => void,
  level: LogLevel,
  own: LogFields = {},
): Logger => {
  const isEnabled = (asked: LogLevel): boolean => ranks.indexOf(asked) <= ranks.indexOf(level);
  const log =
    (at: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (isEnabled(at)) send({ kind: 'log', level: at, message, fields: { ...own, ...sendable(fields) } });
    };
  return {
    error: log('error'),
    warn: log('warn'),
    info: log('info'),
    debug: log('debug'),
    isEnabled,
    child: (fields) => remoteLogger(send, level, { ...own, ...sendable(fields) }),
  };
};
