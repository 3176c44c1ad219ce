import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { token } from '../../coordinator/control/serve.ts';
import { folderWith, start } from '../call-command.ts';
import { FakeIo } from '../fake-io.ts';

/** Says when all of its input is counted, and then waits. */
const job = `import { valueState } from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { print } from 'millrace/connectors/print';
const count = valueState('count', { default: 0, type: 'number' });
class Counting {
  open(context) {
    this.count = context.state(count);
  }
  process(value, context, output) {
    this.count.update(this.count.value() + 1);
    if (this.count.value() === 10) output.emit('ten of ' + value + '.');
  }
}
export default (env) => {
  env.fromSource(generator({ generate: (i) => 'key ' + (i % 4), recordsPerSecond: 1000 })).name('keys')
    .keyBy((key) => key).process(new Counting()).name('counts').sinkTo(print());
};
`;

const expectedMetrics = [
  'num_records_in_total',
  'num_bytes_out_total',
  'idle_time_ms_total',
  'num_records_send_total',
  'is_back_pressured',
  'input_queue_length',
  'out_pool_usage',
  'source_idle_time',
  'mailbox_latency_ms_bucket',
  'latency_bucket',
  'state_time_total',
];

/** Starts the job and gives what asks it by the command. */
const running = async (...words: readonly string[]) => {
  const folder = folderWith({ 'job.mjs': job, token });
  const served = ['--control-port', '0', '--control-token-file', 'token'];
  const run = start(folder, 'run', 'job.mjs', ...served, ...words);
  for (let key = 0; key < 4; key++) await run.seen(`ten of key ${key}.`);
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(run.text()) ?? [];
  const io = new FakeIo({ files: { token } });
  const ask = (...question: readonly string[]) =>
    main(['inspect', ...question, '-c', url, '--token-file', 'token'], io);
  const metrics = async (): Promise<string> =>
    (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  return { run, io, ask, metrics };
};

describe.each([
  ['on the thread of the command', []],
  ['on threads', ['-p', '2']],
  ['in processes', ['--workers', '2']],
])('a job %s', (_where, words) => {
  it('shows what it holds for each key, and what its slots do', async () => {
    const { run, io, ask, metrics } = await running(...words);
    for (let key = 0; key < 4; key++) {
      io.printed = '';
      expect(await ask('state', 'counts', 'count', `"key ${key}"`)).toBe(0);
      expect(Number(io.printed)).toBeGreaterThanOrEqual(10);
    }
    expect(await ask('state', 'counts', 'sum', '"key 0"')).toBe(2);
    expect(io.complained).toContain('It has count.');
    expect(await ask('profile', '--slot', '0', '--seconds', '1')).toBe(0);
    const profile = JSON.parse(readFileSync(`${io.workingDirectory}/slot.cpuprofile`, 'utf8')) as object;
    expect(profile).toHaveProperty('nodes');
    expect(await ask('heap')).toBe(0);
    const heap = readFileSync(`${io.workingDirectory}/slot.heapsnapshot`, 'utf8');
    expect(Object.keys(JSON.parse(heap) as object)).toContain('strings');
    const text = await metrics();
    for (const name of expectedMetrics) expect(text).toMatch(new RegExp(`^millrace_${name}{`, 'm'));
    run.signal('SIGINT');
    expect((await run.ended).code).toBe(0);
  });
});
