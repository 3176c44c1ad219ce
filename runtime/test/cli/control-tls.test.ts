import { describe, expect, it } from 'vitest';
import { followControlTls, readControlTls } from '../../src/cli/control-tls.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import type { HttpTls } from '../../src/sys/http.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { TestSystem } from '../../src/testing/test-system.ts';

const place = { host: '0.0.0.0', port: 8443, tlsDirectory: 'tls', clientAuthority: 'trust/operator-ca.crt' };

const machineWith = (texts: Readonly<Record<string, string>>) => {
  const machine = new TestSystem();
  const readText = (path: string): string => {
    const text = texts[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return text;
  };
  return { machine, system: { ...machine.system, files: { ...machine.system.files, readText } } };
};

describe('the certificates of a control API', () => {
  it('are read from where they are mounted', () => {
    const { system } = machineWith({
      '/run/tls/tls.crt': 'c',
      '/run/tls/tls.key': 'k',
      '/run/trust/operator-ca.crt': 'a',
    });
    expect(readControlTls(system, '/run', place)).toEqual({ certificate: 'c', key: 'k', authority: 'a' });
    expect(readControlTls(system, '/run', { host: 'h', port: 1 })).toBeUndefined();
  });

  it('are missed by the name of their file', () => {
    const { system } = machineWith({ '/run/tls/tls.crt': 'c' });
    expect(() => readControlTls(system, '/run', place)).toThrow(
      'The control API cannot read /run/tls/tls.key: ENOENT: /run/tls/tls.key',
    );
  });

  it('change while it serves, and stay when they cannot be read or used', () => {
    const { machine, system } = machineWith({});
    const logger = createLogger({
      clock: system.clock,
      level: 'silent',
      json: false,
      write: () => undefined,
    });
    let tls: HttpTls | Error = { certificate: 'c', key: 'k', authority: 'old' };
    const read = (): HttpTls => {
      if (tls instanceof Error) throw tls;
      return tls;
    };
    const taken: (string | undefined)[] = [];
    const following = followControlTls(system, logger, read, ({ authority }) => {
      taken.push(authority);
      if (authority === 'broken') throw new Error('no certificates');
    });
    const look = (next: HttpTls | Error): void => {
      tls = next;
      machine.advance(10_000);
    };
    look(tls);
    look({ ...tls, authority: 'old and new' });
    look(new MillraceError('io', 'The volume is gone.'));
    look({ certificate: 'c', key: 'k', authority: 'broken' });
    look({ certificate: 'c', key: 'k', authority: 'new' });
    expect(taken).toEqual(['old and new', 'broken', 'new']);
    following.cancel();
    expect(machine.pendingTimers).toBe(0);
  });
});
