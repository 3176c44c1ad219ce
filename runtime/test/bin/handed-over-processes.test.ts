import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../src/contract/control/client.ts';
import { exitOf, freePort, Processes } from './processes.ts';

/** More than are ever read: the job is stopped. */
const records = 1_000_000;
const keys = 7;

/** Numbers the records of each key, and says which version of the job has. */
const job = `import { boundedOutOfOrderness, valueState } from 'millrace';
import { fileSink } from 'millrace/connectors/files';
import { generator } from 'millrace/connectors/generator';
const seen = valueState('seen');
export default (env, { version }) => {
  const numbers = generator({
    count: ${records}, recordsPerSecond: 1000, generate: (n) => ({ key: n % ${keys}, at: n }),
  });
  let state;
  env.fromSource(numbers, boundedOutOfOrderness('1ms').withTimestamps('at')).name('numbers').keyBy('key')
    .process({
      open: (context) => { state = context.state(seen); },
      process: ({ key }, context, output) => {
        const nth = (state.value() ?? 0) + 1;
        state.update(nth);
        output.emit({ key, nth, version });
      },
    }).name('count')
    .sinkTo(fileSink({ directory: 'out', format: 'ndjson' })).name('files');
};
`;

const manifest = (version: string): string => `apiVersion: millrace.dev/v1alpha1
kind: StreamJob
metadata:
  name: numbers
spec:
  job:
    entry: job.mjs
  args:
    version: ${version}
  parallelism: 2
  checkpoint:
    interval: 300ms
    store:
      directory: store
  upgrade:
    stability:
      window: 1s
`;

interface Row {
  readonly key: number;
  readonly nth: number;
  readonly version: string;
}

/** A deployment: its coordinator, and a worker of two slots. `ports`: of one whose worker is there; only the coordinator comes again. */
const deploy = async (processes: Processes, version: string, ports?: readonly [number, number]) => {
  const [port, controlPort] = ports ?? [await freePort(), await freePort()];
  writeFileSync(join(processes.folder, `${version}.yaml`), manifest(version));
  const uid = { MILLRACE_JOB_UID: 'numbers-1' };
  const coordinator = processes.start(`${version}-coordinator`, 'coordinator', {
    ...uid,
    MILLRACE_MANIFEST: `${version}.yaml`,
    MILLRACE_LISTEN: `127.0.0.1:${port}`,
    MILLRACE_DEPLOYMENT: version,
    MILLRACE_SLOTS: '2',
    MILLRACE_CONTROL_PORT: String(controlPort),
  });
  const worker = {
    ...uid,
    MILLRACE_COORDINATOR: `127.0.0.1:${port}`,
    MILLRACE_WORKER_NAME: `${version}-worker`,
    MILLRACE_ARTIFACTS: join(processes.folder, `${version}-artifacts`),
    MILLRACE_SLOTS: '2',
  };
  if (ports === undefined) processes.start(`${version}-worker`, 'worker', worker);
  const ask = createAsk(async ({ method, path, body }) => {
    const answer = await fetch(`http://127.0.0.1:${controlPort}${path}`, {
      method: method.toUpperCase(),
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    return { status: answer.status, body: await answer.text() };
  });
  return { coordinator, ask, ports: [port, controlPort] as const };
};

/** Asks again and again until the answer is as wanted. */
const until = async <T>(question: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> => {
  for (;;) {
    const answer = await question().catch(() => undefined);
    if (answer !== undefined && isSo(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const phaseIs = (ask: Ask, phase: string) =>
  until(
    () => ask('getNextDeployment', {}),
    (answer) => answer.phase === phase,
  );
const stateIs = (ask: Ask, state: string) =>
  until(
    () => ask('getStatus', {}),
    (answer) => answer.state === state && answer.lastCheckpoint !== null,
  );

const rowsIn = (folder: string): readonly Row[] =>
  readdirSync(join(folder, 'out'))
    .filter((name) => name.startsWith('part-'))
    .flatMap((name) => readFileSync(join(folder, 'out', name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);

/** All ticks of each key, without a gap and once, and by whom. */
const expectEachOnce = (rows: readonly Row[], versions: readonly string[]): void => {
  for (let key = 0; key < keys; key++) {
    const seen = rows.filter((row) => row.key === key).map(({ nth }) => nth);
    expect(seen.sort((one, other) => one - other)).toEqual(seen.map((_, i) => i + 1));
  }
  expect([...new Set(rows.map(({ version }) => version))].sort()).toEqual(versions);
};

describe('a job of two deployments, each of a coordinator and a worker', () => {
  it('goes from one to the other and to a third, and puts out everything once', async () => {
    const processes = new Processes();
    writeFileSync(join(processes.folder, 'job.mjs'), job);
    const one = await deploy(processes, 'one');
    await stateIs(one.ask, 'running');
    let from = one;
    const pauses: string[] = [];
    for (const version of ['two', 'three']) {
      const next = await deploy(processes, version);
      await phaseIs(next.ask, 'planned');
      await next.ask('prepareDeployment', { revision: version, sequence: 1 });
      await phaseIs(next.ask, 'prepared');
      await from.ask('handOver', { to: version, sequence: 1 });
      await phaseIs(next.ask, 'promoted');
      const { lastUpgrade, role } = await next.ask('getStatus', {});
      pauses.push(`${lastUpgrade?.from} → ${lastUpgrade?.to} ${Math.round(lastUpgrade?.pauseMs ?? -1)} ms`);
      expect(role).toBe('leading');
      await until(
        () => from.ask('getHandOver', {}),
        ({ phase }) => phase === 'promoted',
      );
      const ended = exitOf(from.coordinator);
      processes.signal(`${version === 'two' ? 'one' : 'two'}-coordinator`, 'SIGTERM');
      expect(await ended, processes.log).toBe(0);
      from = next;
    }
    await from.ask('stop', {});
    await until(
      () => from.ask('getStatus', {}),
      ({ state }) => state === 'stopped',
    );
    process.stdout.write(`Records stood still: ${pauses.join(', ')}.\n`);
    expectEachOnce(rowsIn(processes.folder), ['one', 'three', 'two']);
  }, 120_000);

  it('goes on when its coordinator is asked to end, or is killed right behind the hand-over', async () => {
    const processes = new Processes();
    writeFileSync(join(processes.folder, 'job.mjs'), job);
    const first = await deploy(processes, 'one');
    await stateIs(first.ask, 'running');
    const ended = exitOf(first.coordinator);
    processes.signal('one-coordinator', 'SIGTERM');
    expect(await ended, processes.log).toBe(0);
    const one = await deploy(processes, 'one', first.ports);
    await stateIs(one.ask, 'running');
    // Its worker has held the slots meanwhile.
    expect(await one.ask('getStatus', {})).toMatchObject({ attempt: 1, term: 2 });
    const killed = await deploy(processes, 'two');
    await phaseIs(killed.ask, 'planned');
    await killed.ask('prepareDeployment', { revision: 'two', sequence: 1 });
    await phaseIs(killed.ask, 'prepared');
    await one.ask('handOver', { to: 'two', sequence: 1 });
    await until(
      () => one.ask('getHandOver', {}),
      ({ phase }) => phase === 'handedOver',
    );
    processes.signal('two-coordinator', 'SIGKILL');
    const two = await deploy(processes, 'two', killed.ports);
    await phaseIs(two.ask, 'promoted');
    await two.ask('stop', {});
    await until(
      () => two.ask('getStatus', {}),
      ({ state }) => state === 'stopped',
    );
    expectEachOnce(rowsIn(processes.folder), ['one', 'two']);
  }, 120_000);
});
