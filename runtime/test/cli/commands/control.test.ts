import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { createAsk } from '../../../src/contract/control/client.ts';
import { makeServingCertificate } from '../../../src/coordinator/control/serving-certificate.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { replies } from '../../coordinator/control/fake-control.ts';
import { type Served, serve, token } from '../../coordinator/control/serve.ts';
import { folderWith, start } from '../call-command.ts';
import { FakeIo } from '../fake-io.ts';

/** Calls a command in this process, for a job that is served. */
const told = async (served: Served, ...words: readonly string[]) => {
  const io = new FakeIo({ files: { token: `${token}\n` } });
  const code = await main([...words, '--control', served.url, '--token-file', 'token'], io);
  return { code, out: io.printed, error: io.complained, asked: served.fake.asked };
};

describe('the commands for a running job', () => {
  it('show how it is', async () => {
    const { code, out, error } = await told(await serve(), 'status');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toContain('shop is running for');
    expect(out).toMatch(/attempt 2, 1 restart\n/);
    expect(out).toMatch(/parallelism +2, at most 128\n/);
    expect(out).toMatch(/rescaled +1 → 2, records stood still for 80 ms\n/);
    expect(out).toMatch(/\[0\] clicks → valid {2}×2\n +in 1, out 2, busy 50 %/);
  });

  it('give JSON for programs', async () => {
    const { out } = await told(await serve(), 'status', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ status: replies.getStatus(), tasks: replies.listTasks().tasks });
  });

  it('stop it, with a savepoint and drained if wished', async () => {
    const plain = await told(await serve(), 'stop');
    expect(plain.asked).toEqual([{ operation: 'stop', request: { savepoint: false } }]);
    expect(plain.out).toBe('shop is stopping\n');
    const drained = await told(await serve(), 'stop', '--savepoint', '--name', 'last', '--drain');
    expect(drained.asked).toEqual([{ operation: 'drain', request: { savepoint: true, name: 'last' } }]);
  });

  it('cancel and rescale it', async () => {
    expect((await told(await serve(), 'cancel')).out).toBe('shop is cancelled\n');
    const { asked, out } = await told(await serve(), 'rescale', '5');
    expect(asked).toEqual([{ operation: 'setParallelism', request: { parallelism: 5 } }]);
    expect(out).toBe('2 slots now, 2 wished for\n');
    const refused = await told(await serve(), 'rescale', 'many');
    expect(refused).toMatchObject({ code: 2, asked: [] });
  });

  it('create, list and dispose savepoints', async () => {
    const created = await told(await serve(), 'savepoint', 'create');
    expect(created.asked).toEqual([{ operation: 'createSavepoint', request: {} }]);
    expect(created.out).toBe('before  3 bytes  jobs/f00d/savepoints/before\n');
    const named = await told(await serve(), 'savepoint', 'create', 'before');
    expect(named.asked).toEqual([{ operation: 'createSavepoint', request: { name: 'before' } }]);
    expect((await told(await serve(), 'savepoint', 'list')).out).toContain('before  3 bytes');
    const disposed = await told(await serve(), 'savepoint', 'dispose', 'before');
    expect(disposed.asked).toEqual([{ operation: 'disposeSavepoint', request: { savepoint: 'before' } }]);
    expect(disposed.out).toBe('before is removed\n');
  });

  it('tell what the job refuses, with what to do', async () => {
    const served = await serve();
    served.fake.refuseWith('conflict', 'It is stopping\u001b[2J already.', {
      hint: 'Wait.',
      where: { job: 'shop' },
    });
    const { code, error } = await told(served, 'cancel');
    expect(code).toBe(2);
    expect(error).toContain('error: It is stopping\uFFFD[2J already.');
    expect(error).toMatch(/what now +Wait\./);
    const { error: invalid } = await told(await serve(), 'savepoint', 'create', '../up');
    expect(invalid).toContain('error: name: ');
  });

  it('never let a job write to the terminal as it likes', async () => {
    const served = await serve();
    served.fake.instead = () => ({ ...replies.cancel(), name: 'a\u001b[31mb' });
    expect((await told(served, 'cancel')).out).toBe('a\uFFFD[31mb is cancelled\n');
  });

  it('say when the token is wrong, when nobody answers and when the address is none', async () => {
    const served = await serve({ token: 'another-token-than-theirs' });
    expect((await told(served, 'status')).error).toContain('nobody it knows');
    await served.server.close();
    const { code, error } = await told(served, 'status');
    expect(code).toBe(2);
    expect(error).toContain(`No job answers at ${served.url}`);
    expect((await told({ ...served, url: 'file:///etc/passwd' }, 'status')).error).toContain('is no address');
  });

  it('take address and token from the environment where no option names them', async () => {
    const served = await serve();
    const variables = { MILLRACE_CONTROL: served.url, MILLRACE_TOKEN_FILE: 'token' };
    const io = new FakeIo({ files: { token }, variables });
    expect(await main(['cancel'], io)).toBe(0);
    expect(io.printed).toBe('shop is cancelled\n');
  });
});

describe('the commands that look into a running job', () => {
  it('show what it holds for a key', async () => {
    const found = await told(await serve(), 'inspect', 'state', 'totals', 'sum', '"ann"');
    expect(found.asked).toEqual([
      { operation: 'queryState', request: { transform: 'totals', state: 'sum', key: '"ann"' } },
    ]);
    expect(found.out).toBe('{"total":3}\n');
    const served = await serve();
    served.fake.instead = () => ({ ...replies.queryState(), found: false, value: null });
    expect((await told(served, 'inspect', 'state', 'totals', 'sum', '1')).out).toBe(
      'nothing (key group 12, slot 1)\n',
    );
  });

  it('write a profile or a heap snapshot into a new file', async () => {
    const served = await serve();
    const io = new FakeIo({ files: { token, taken: '' } });
    const ask = (...words: readonly string[]) =>
      main(['inspect', ...words, '-c', served.url, '--token-file', 'token'], io);
    expect(await ask('profile', '--slot', '1', '--seconds', '3')).toBe(0);
    expect(served.fake.asked.at(-1)).toEqual({
      operation: 'profileSlot',
      request: { slot: 1, durationMs: 3000 },
    });
    expect(readFileSync(`${io.workingDirectory}/slot.cpuprofile`, 'utf8')).toBe('{"is":"profile"}');
    expect(await ask('heap', '--file', 'mine')).toBe(0);
    expect(readFileSync(`${io.workingDirectory}/mine`, 'utf8')).toBe('{"is":"heap"}');
    expect(io.printed).toContain('mine has 13 bytes');
    expect(await ask('heap', '--file', 'taken')).toBe(2);
    expect(io.complained).toContain('There is a file taken already.');
  });

  it('leave no file of what is refused', async () => {
    const served = await serve();
    served.fake.refuseWith('conflict', 'One is being taken already.', { hint: 'Wait.' });
    const io = new FakeIo({ files: { token } });
    expect(await main(['inspect', 'heap', '-c', served.url, '--token-file', 'token'], io)).toBe(2);
    expect(io.complained).toContain('One is being taken already.');
    expect(existsSync(`${io.workingDirectory}/slot.heapsnapshot`)).toBe(false);
  });
});

describe('millrace run --control-port', () => {
  const job = `import { generator } from 'millrace/connectors/generator';
import { blackhole } from 'millrace/connectors/blackhole';
export default (env) => {
  env.fromSource(generator({ generate: (index) => index, recordsPerSecond: 1000 })).name('numbers').sinkTo(blackhole());
};
`;

  it('lets the commands find the job, see it and stop it', async () => {
    const folder = folderWith({ 'job.mjs': job, token });
    const running = start(folder, 'run', 'job.mjs', '--control-port', '0', '--control-token-file', 'token');
    const line = 'The control API is at ';
    await running.seen(line);
    await running.seen('/v1/status');
    const io = new FakeIo({ files: { token } });
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(running.text()) ?? [];
    const ask = (...words: readonly string[]) => main([...words, '-c', url, '--token-file', 'token'], io);
    expect(await ask('status', '-o', 'json')).toBe(0);
    const shown = JSON.parse(io.printed) as { status: { name: string }; tasks: readonly { name: string }[] };
    expect(shown.status.name).toBe('job');
    expect(shown.tasks[0]?.name).toContain('numbers');
    expect(await ask('savepoint', 'create')).toBe(2);
    expect(io.complained).toContain('without a store cannot do this');
    expect(await ask('stop')).toBe(0);
    expect((await running.ended).code).toBe(0);
  });

  it('answers to the operator alone, in a pod, and to probes at a port of their own', async () => {
    const folder = folderWith({ 'job.mjs': job });
    const { certificates, clock, files, http } = createNodeSystem();
    const fingerprint = makeServingCertificate({ certificates, clock, files }, join(folder, 'tls'));
    const valid = { fromMs: clock.nowMs() - 60_000, untilMs: clock.nowMs() + 3_600_000 };
    const authority = certificates.createAuthority('operator', valid);
    writeFileSync(join(folder, 'operator-ca.crt'), authority.certificate);
    const told = ['--control-tls-directory', 'tls', '--control-client-authority', 'operator-ca.crt'];
    const running = start(
      folder,
      'run',
      'job.mjs',
      '--control-port',
      '0',
      '--control-host',
      '0.0.0.0',
      '--health-port',
      '0',
      ...told,
    );
    await running.seen('Probes and metrics are served at port ');
    await running.seen(' too');
    const portAfter = (text: string): string => new RegExp(`${text}(\\d+)`).exec(running.text())?.[1] ?? '';
    const url = `https://127.0.0.1:${portAfter('https://0.0.0.0:')}`;
    const askAs = (name: string) => {
      const identity = certificates.issue({ subject: name, hosts: [name] }, valid, authority);
      const tls = { ...identity, fingerprint };
      return createAsk(({ method, path, body }) =>
        http.request({
          method,
          url: url + path,
          headers: body === undefined ? {} : { 'content-type': 'application/json' },
          body,
          timeoutMs: 20_000,
          mostBytes: 1_000_000,
          tls,
        }),
      );
    };
    await expect(askAs('somebody')('stop', {})).rejects.toMatchObject({ code: 'not-authorized' });
    const health = await fetch(`http://127.0.0.1:${portAfter('served at port ')}/metrics`);
    expect(await health.text()).toContain('num_records_in_total');
    const open = await fetch(`http://127.0.0.1:${portAfter('served at port ')}/v1/status`);
    expect(open.status).toBe(404);
    expect(await askAs('millrace-operator')('stop', {})).toMatchObject({ name: 'job' });
    expect((await running.ended).code).toBe(0);
  });

  it('refuses to be open to everybody, and a port that is taken, before anything runs', async () => {
    const folder = folderWith({ 'job.mjs': job });
    const open = start(folder, 'run', 'job.mjs', '--control-port', '0', '--control-host', '0.0.0.0');
    expect(await open.ended).toMatchObject({
      code: 2,
      error: expect.stringContaining('let everyone who reaches'),
    });
    const { server } = await serve();
    const taken = start(folder, 'run', 'job.mjs', '--control-port', String(server.port));
    expect(await taken.ended).toMatchObject({ code: 2, error: expect.stringContaining('cannot listen on') });
  });
});
