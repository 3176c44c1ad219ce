/**
 * The log of a program: plain lines for a person or JSON for a collector, secrets removed. This is the only file that knows winston;
 * everyone else takes a `Logger`. Nothing is logged per record: a line costs about 10 µs, `isEnabled` a comparison.
 */
import winston from 'winston';
import { redactText } from '../contract/secrets.ts';
import type { Clock } from '../sys/system.ts';
import { jsonLine, plainLine } from './log-line.ts';
import { type Loggable, toLoggable } from './loggable.ts';

/** From the worst to the least; a logger writes its own level and the worse ones. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

const levels = { error: 0, warn: 1, info: 2, debug: 3 } as const;
const rank = { silent: -1, ...levels } as const;

/** What belongs to a line besides its sentence: job, attempt, task, slot, `error` … Values may be anything. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a program tells what happens in it. A message is a sentence that stays the same; what varies are fields. Never throws. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** Whether a line of this level is written: ask before computing what only the log needs. */
  isEnabled(level: LogLevel): boolean;
  /** A logger that puts these fields on every line, after those of this one; a field of the same name replaces the older. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly clock: Clock;
  /** `silent` writes nothing. */
  readonly level: LogLevel | 'silent';
  /** One JSON object a line instead of plain text. */
  readonly json: boolean;
  readonly fields?: LogFields;
  /** Takes each line, its end included; without it lines go to standard error, so that standard output is free for data. */
  readonly write?: (line: string) => void;
}

/** winston's name for the finished line. */
const finishedLine = Symbol.for('message');

/** A console whose lines go elsewhere: winston's base class for transports has no name in its types. */
class WriteTransport extends winston.transports.Console {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    super();
    this.#write = write;
  }

  override log(info: Readonly<Record<PropertyKey, unknown>>, next: () => void): void {
    try {
      this.#write(`${String(info[finishedLine])}\n`);
    } catch {
      // A log that cannot be written must not fail what it tells about.
    }
    next();
  }
}

const loggableFields = (fields: LogFields): Readonly<Record<string, Loggable>> =>
  toLoggable(fields) as Readonly<Record<string, Loggable>>;

class WinstonLogger implements Logger {
  readonly #output: winston.Logger;
  readonly #clock: Clock;
  readonly #rank: number;
  readonly #fields: Readonly<Record<string, Loggable>>;

  constructor(
    output: winston.Logger,
    clock: Clock,
    highestRank: number,
    fields: Readonly<Record<string, Loggable>>,
  ) {
    this.#output = output;
    this.#clock = clock;
    this.#rank = highestRank;
    this.#fields = fields;
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  isEnabled(level: LogLevel): boolean {
    return rank[level] <= this.#rank;
  }

  child(fields: LogFields): Logger {
    const all = { ...this.#fields, ...loggableFields(fields) };
    return new WinstonLogger(this.#output, this.#clock, this.#rank, all);
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (!this.isEnabled(level)) return;
    const entry = {
      timeMs: this.#clock.nowMs(),
      level,
      message: redactText(message),
      fields: fields === undefined ? this.#fields : { ...this.#fields, ...loggableFields(fields) },
    };
    this.#output.log({ level, message: '', entry });
  }
}

/** A logger of its own: two of them share nothing. */
export const createLogger = ({ clock, level, json, fields = {}, write }: LoggerOptions): Logger => {
  const line = json ? jsonLine : plainLine;
  const finish = winston.format((info) => {
    info[finishedLine] = line(info['entry'] as Parameters<typeof line>[0]);
    return info;
  });
  const transport =
    write === undefined
      ? new winston.transports.Console({ stderrLevels: Object.keys(levels) })
      : new WriteTransport(write);
  const output = winston.createLogger({ levels, level: 'debug', format: finish(), transports: [transport] });
  return new WinstonLogger(output, clock, rank[level], loggableFields(fields));
};
