import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MillraceError } from '../../../src/contract/errors.ts';
import { listenForControl } from '../../../src/exchange/tcp/control-calls.ts';
import type { ControlLink } from '../../../src/exchange/tcp/control-link.ts';
import { settle } from '../../../src/testing/settle.ts';
import { createTestSystem } from '../../../src/testing/test-system.ts';
import { toPlainError } from '../../../src/worker/plain-error.ts';
import type { RemoteJob } from '../../../src/worker/remote/remote-job.ts';
import type { FromWorker } from '../../../src/worker/remote/worker-messages.ts';
import { WorkerProgram } from '../../../src/worker/remote/worker-program.ts';
import { keptLog } from '../../coordinator/frozen-job.ts';

/** A worker on a machine in memory, and whoever listens for it. */
const started = () => {
  const machine = createTestSystem();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-worker-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { logger, lines } = keptLog();
  const port = 7000;
  const listen = async () => {
    const heard: FromWorker<RemoteJob>[] = [];
    const links: ControlLink[] = [];
    const opening = listenForControl({
      system: machine.system,
      jobUid: 'orders',
      host: 'here',
      port,
      onRefused: () => undefined,
      onLink: (link) => {
        links.push(link);
        link.listen({
          onMessage: (message) => void heard.push(message as FromWorker<RemoteJob>),
          onClosed: () => undefined,
        });
      },
    });
    await settle(machine);
    const listener = await opening;
    const close = async (): Promise<void> => {
      for (const link of links) link.destroy();
      await listener.close();
      await settle(machine);
    };
    const say = async (message: unknown): Promise<void> => {
      links.at(-1)?.send(message);
      await settle(machine);
    };
    return { heard, links, close, say };
  };
  const worker = new WorkerProgram({
    system: machine.system,
    logger,
    coordinator: { host: 'here', port },
    jobUid: 'orders',
    name: 'worker-0',
    slots: 2,
    host: 'here',
    directory,
    tls: undefined,
    store: { environment: {} },
    runtimeVersion: '1.2.3',
    reconnectForMs: 20_000,
    graceMs: 5000,
    holdsSlots: true,
  });
  let end: { readonly error: MillraceError | undefined } | undefined;
  void worker.ended.then((error) => {
    end = { error };
  });
  worker.start();
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < 2 * seconds; i++) {
      await settle(machine);
      machine.advance(500);
    }
    await settle(machine);
  };
  return { machine, worker, lines, directory, listen, pass, end: () => end };
};

const registration = {
  kind: 'register',
  runtimeVersion: '1.2.3',
  slots: 2,
  artifacts: [],
  term: 0,
  holds: undefined,
};

describe('a worker', () => {
  it('looks for its coordinator until there is one, and says what it is', async () => {
    const { worker, listen, pass } = started();
    await pass(5);
    expect(worker.isReady).toBe(false);
    const { heard } = await listen();
    await pass(2);
    expect(heard).toEqual([registration]);
    expect(worker.isReady).toBe(true);
  });

  it('stays when its coordinator is gone, and calls the next one', async () => {
    const { worker, listen, pass, lines, end } = started();
    const first = await listen();
    await pass(1);
    await first.close();
    await pass(10);
    expect(worker.isReady).toBe(false);
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn: worker-0 has lost its coordinator: The link to the coordinator at/),
    );
    const second = await listen();
    await pass(2);
    expect(second.heard).toEqual([registration]);
    expect(end()).toBeUndefined();
  });

  it('notices within three seconds that its coordinator is silent', async () => {
    const { machine, worker, listen, pass } = started();
    const { links } = await listen();
    await pass(1);
    expect(worker.isReady).toBe(true);
    for (const link of links) link.send = () => undefined;
    // Nothing that this end writes arrives any more, heartbeats among it.
    for (const link of links) (link as unknown as { write(): void }).write = () => undefined;
    machine.advance(3000);
    expect(worker.isReady).toBe(false);
  });

  it('ends when it is alone for too long', async () => {
    const { pass, end } = started();
    await pass(19);
    expect(end()).toBeUndefined();
    await pass(3);
    expect(end()?.error?.message).toMatch(/^No coordinator for 20 s: the worker ends\. /);
  });

  it('keeps the code of the job, and has it the next time', async () => {
    const { machine, directory, listen, pass } = started();
    const first = await listen();
    await pass(1);
    const bytes = new TextEncoder().encode('export default () => {};');
    const sha256 = machine.system.hashing.sha256(bytes);
    await first.say({ kind: 'artifact', sha256, bytes });
    expect(readFileSync(join(directory, `${sha256}.mjs`), 'utf8')).toBe('export default () => {};');
    await first.close();
    const second = await listen();
    await pass(2);
    expect(second.heard).toEqual([{ ...registration, artifacts: [sha256] }]);
    await second.say({ kind: 'artifact', sha256: 'f'.repeat(64), bytes });
    await pass(2);
    expect(second.links.length).toBeGreaterThan(1);
  });

  it('ends with its job, and with the reason when it is refused', async () => {
    const ending = started();
    const over = await ending.listen();
    await ending.pass(1);
    await over.say({ kind: 'end' });
    expect(ending.end()).toEqual({ error: undefined });
    const unwanted = started();
    const refusing = await unwanted.listen();
    await unwanted.pass(1);
    await refusing.say({ kind: 'refused', error: toPlainError(new MillraceError('io', 'another release')) });
    expect(unwanted.end()?.error?.message).toBe('another release');
  });

  it('that is asked to leave says so, and goes when it may, or when its time is up', async () => {
    const going = started();
    const others = await going.listen();
    await going.pass(1);
    going.worker.leave();
    await going.pass(1);
    expect(others.heard.at(-1)).toEqual({ kind: 'leaving' });
    expect(going.end()).toBeUndefined();
    await others.say({ kind: 'end' });
    expect(going.end()).toEqual({ error: undefined });
    const waiting = started();
    await waiting.listen();
    await waiting.pass(1);
    waiting.worker.leave();
    await waiting.pass(6);
    expect(waiting.end()).toEqual({ error: undefined });
    const alone = started();
    alone.worker.leave();
    await alone.pass(1);
    expect(alone.end()).toEqual({ error: undefined });
  });

  it('that is asked to leave and has nothing goes with its coordinator, and does not wait for the next one', async () => {
    const { worker, listen, pass, end } = started();
    const before = await listen();
    await pass(1);
    worker.leave();
    await before.close();
    await pass(1);
    expect(end()).toEqual({ error: undefined });
  });
});
