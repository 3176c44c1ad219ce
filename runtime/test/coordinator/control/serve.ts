import { onTestFinished } from 'vitest';
import {
  type ControlServer,
  type ControlServerSettings,
  startControlServer,
} from '../../../src/coordinator/control/server.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { TestSystem } from '../../../src/testing/test-system.ts';
import { FakeControl } from './fake-control.ts';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

/** A server of the control API in front of a fake job, on a machine whose clock the test moves. */
export interface Served {
  readonly fake: FakeControl;
  readonly machine: TestSystem;
  readonly server: ControlServer;
  readonly url: string;
  /** All that the server has logged. */
  readonly log: () => string;
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** The same with a body of JSON. */
  send(method: string, path: string, body: unknown): Promise<Answer>;
}

export const token = 'the-token-of-the-tests';

const read = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  const json: unknown = /json/.test(response.headers.get('content-type') ?? '')
    ? JSON.parse(text)
    : undefined;
  return { status: response.status, headers: response.headers, text, json };
};

export const serve = async (more: Partial<ControlServerSettings> = {}): Promise<Served> => {
  const machine = new TestSystem();
  const fake = new FakeControl();
  let log = '';
  const logger = createLogger({
    clock: machine.system.clock,
    level: 'debug',
    json: false,
    write: (line) => {
      log += line;
    },
  });
  const server = await startControlServer({
    system: machine.system,
    logger,
    control: fake.control,
    version: '1.2.3',
    host: '127.0.0.1',
    port: 0,
    token,
    ...more,
  });
  onTestFinished(() => server.close());
  const url = `http://127.0.0.1:${server.port}`;
  const ask: Served['ask'] = async (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    return read(await fetch(url + path, { ...init, headers }));
  };
  return {
    fake,
    machine,
    server,
    url,
    log: () => log,
    ask,
    send: (method, path, body) =>
      ask(path, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  };
};
