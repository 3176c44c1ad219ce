import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import type { Clock } from '../../src/sys/system.ts';
import { createLogger, type Logger, type LoggerOptions, type LogLevel } from '../../src/telemetry/logger.ts';

const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0 };
const time = '1970-01-01T00:00:00.000Z';

const logging = (
  options: Partial<LoggerOptions> = {},
): { readonly logger: Logger; readonly lines: string[] } => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  return { logger: createLogger({ clock, level: 'info', json: false, write, ...options }), lines };
};

const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

describe('a logger', () => {
  it('writes whole lines, in order, at once', () => {
    const { logger, lines } = logging();
    logger.info('first');
    logger.warn('second', { count: 2 });
    logger.error('third');
    expect(lines).toEqual([
      `${time} INFO  first\n`,
      `${time} WARN  second count=2\n`,
      `${time} ERROR third\n`,
    ]);
  });

  it('writes many lines without dropping or delaying one', () => {
    const { logger, lines } = logging();
    for (let count = 0; count < 500; count++) logger.info('line', { count });
    expect(lines).toHaveLength(500);
    expect(lines[499]).toBe(`${time} INFO  line count=499\n`);
  });

  it('writes JSON when asked to', () => {
    const { logger, lines } = logging({ json: true, fields: { job: 'a' } });
    logger.info('hello', { slot: 1 });
    expect(lines).toEqual([`{"time":"${time}","level":"info","message":"hello","job":"a","slot":1}\n`]);
  });

  it('reads the time from its clock, once a line', () => {
    let nowMs = 0;
    const { logger, lines } = logging({ clock: { ...clock, nowMs: () => (nowMs += 1000) } });
    logger.info('a');
    logger.info('b');
    expect(lines.map((line) => line.slice(17, 19))).toEqual(['01', '02']);
  });

  it.each([
    ['silent', []],
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ] as const)('at level %s writes that and what is worse', (level, written) => {
    const { logger, lines } = logging({ level });
    for (const each of levels) {
      expect(logger.isEnabled(each)).toBe(written.some((one) => one === each));
      logger[each]('x');
    }
    expect(lines).toHaveLength(written.length);
  });

  it('does not look at the fields of a line that is not written', () => {
    const { logger } = logging({ level: 'error' });
    const fields = {
      get costly(): string {
        throw new Error('was looked at');
      },
    };
    expect(() => logger.debug('x', fields)).not.toThrow();
  });

  it('shares nothing with another logger', () => {
    const first = logging({ level: 'error' });
    const second = logging({ level: 'debug' });
    first.logger.debug('x');
    second.logger.debug('y');
    expect(first.lines).toEqual([]);
    expect(second.lines).toHaveLength(1);
  });

  it('goes on when a line cannot be written', () => {
    let isBroken = true;
    const lines: string[] = [];
    const logger = createLogger({
      clock,
      level: 'info',
      json: false,
      write: (line) => {
        if (isBroken) throw new Error('closed pipe');
        lines.push(line);
      },
    });
    expect(() => logger.info('lost')).not.toThrow();
    isBroken = false;
    logger.info('seen');
    expect(lines).toEqual([`${time} INFO  seen\n`]);
  });

  it('takes any text as a message, also one that looks like a format', () => {
    const { logger, lines } = logging();
    for (const message of ['%s %d %j', '{}', '', 'a\nb', '[object Object]']) logger.info(message);
    expect(lines[0]).toBe(`${time} INFO  %s %d %j\n`);
    expect(lines[3]).toBe(`${time} INFO  a\\nb\n`);
    expect(lines).toHaveLength(5);
  });

  it('takes fields of any name, also those that its library uses itself', () => {
    const { logger, lines } = logging({ json: true });
    logger.info('x', { level: 'error', message: 'y', splat: [1], entry: 'z', stack: 's', timestamp: 't' });
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time,
      level: 'info',
      message: 'x',
      level_: 'error',
      message_: 'y',
      splat: [1],
      entry: 'z',
      stack: 's',
      timestamp: 't',
    });
  });
});

describe('a child of a logger', () => {
  it('puts its fields on every line, after those of its parent', () => {
    const { logger, lines } = logging({ fields: { job: 'flights' } });
    const task = logger.child({ attempt: 1, task: 'map' });
    task.child({ slot: 3 }).info('opened', { records: 9 });
    logger.info('plain');
    expect(lines).toEqual([
      `${time} INFO  opened job=flights attempt=1 task=map slot=3 records=9\n`,
      `${time} INFO  plain job=flights\n`,
    ]);
  });

  it('replaces a field of the same name', () => {
    const { logger, lines } = logging({ fields: { attempt: 1, job: 'a' } });
    logger.child({ attempt: 2 }).info('x', { attempt: 3 });
    logger.child({ attempt: 2 }).info('y');
    expect(lines).toEqual([`${time} INFO  x attempt=3 job=a\n`, `${time} INFO  y attempt=2 job=a\n`]);
  });

  it('keeps the level of its parent', () => {
    const { logger, lines } = logging({ level: 'warn' });
    const child = logger.child({ a: 1 });
    expect(child.isEnabled('info')).toBe(false);
    child.info('x');
    expect(lines).toEqual([]);
  });

  it('keeps what its fields were when it was made', () => {
    const { logger, lines } = logging();
    const fields = { tasks: ['map'] };
    const child = logger.child(fields);
    fields.tasks.push('sink');
    child.info('x');
    expect(lines[0]).toBe(`${time} INFO  x tasks=["map"]\n`);
  });
});

describe('what a logger writes', () => {
  it('holds no secrets: not in the message, the fields, its own fields or an error', () => {
    const { logger, lines } = logging({
      json: true,
      fields: { password: 'hunter2', store: 's3://a:hunter2@host' },
    });
    logger.child({ token: 'hunter2' }).error('GET https://u:hunter2@host/?secret=hunter2', {
      nested: { apiKey: 'hunter2' },
      header: 'Authorization: Bearer hunter2hunter2',
      error: new MillraceError('io', 'cannot reach ftp://u:hunter2@host', {
        where: { credential: 'hunter2', url: 'http://u:hunter2@host' },
        cause: new Error('password=hunter2'),
      }),
    });
    expect(lines.join('')).not.toContain('hunter2');
    expect(lines.join('').match(/\[redacted\]/g)?.length).toBeGreaterThan(8);
  });

  it('goes to standard error when nobody else takes it, so that standard output stays free for data', () => {
    const module = new URL('../../src/telemetry/logger.ts', import.meta.url).href;
    const program = `
      import { createLogger } from ${JSON.stringify(module)};
      const logger = createLogger({ clock: { nowMs: () => 0, monotonicMs: () => 0 }, level: 'debug', json: false });
      for (const level of ['error', 'warn', 'info', 'debug']) logger[level]('line of ' + level);
      console.log('data');
    `;
    const result = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
    });
    expect(result.stdout).toBe('data\n');
    expect(result.stderr).toBe(
      `${time} ERROR line of error\n${time} WARN  line of warn\n${time} INFO  line of info\n${time} DEBUG line of debug\n`,
    );
  });
});
