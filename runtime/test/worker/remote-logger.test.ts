import { describe, expect, it } from 'vitest';
import type { LogLevel } from '../../src/telemetry/logger.ts';
import { type LogMessage, remoteLogger } from '../../src/worker/remote-logger.ts';

const log = (level: LogLevel) => {
  const lines: LogMessage[] = [];
  // What a thread cannot be sent fails here as it would there.
  return {
    lines,
    logger: remoteLogger((line) => void lines.push(structuredClone(line)), level, { slot: 3 }),
  };
};

describe('the log of another thread', () => {
  it('sends lines with the fields of the thread, and a later field of the same name wins', () => {
    const { lines, logger } = log('info');
    logger.child({ part: 'a', slot: 4 }).warn('Slow', { part: 'b' });
    logger.error('Gone');
    expect(lines).toEqual([
      { kind: 'log', level: 'warn', message: 'Slow', fields: { slot: 4, part: 'b' } },
      { kind: 'log', level: 'error', message: 'Gone', fields: { slot: 3 } },
    ]);
  });

  const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];
  it.each(levels)('sends nothing that %s does not want to hear', (level) => {
    const { lines, logger } = log(level);
    for (const at of levels) logger[at]('x');
    const wanted = levels.slice(0, levels.indexOf(level) + 1);
    expect(lines.map((line) => line.level)).toEqual(wanted);
    expect(levels.filter((at) => logger.isEnabled(at))).toEqual(wanted);
    expect(levels.filter((at) => logger.child({}).isEnabled(at))).toEqual(wanted);
  });

  it('sends fields that no thread can be sent as the log would write them', () => {
    const { lines, logger } = log('info');
    logger.child({ made: () => 1 }).info('Odd', { error: new Error('x'), by: Symbol('s'), at: new Date(0) });
    expect(lines[0]?.fields).toMatchObject({
      made: '(function)',
      error: { name: 'Error', message: 'x' },
      by: 'Symbol(s)',
      at: '1970-01-01T00:00:00.000Z',
    });
  });
});
