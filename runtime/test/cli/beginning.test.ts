import { expect, it } from 'vitest';
import { call, folderWith } from './call-command.ts';

const head = `{"millrace":"state","format":1,"jobName":"shop","maxParallelism":128,"transforms":[{"uid":"count","states":[{"name":"total","kind":"value","type":"number"}]}]}`;
const key = `{"uid":"count","key":"a","state":{"total":41}}`;

const job = `
import { valueState } from 'millrace';
import { collection } from 'millrace/connectors/collection';
import { print } from 'millrace/connectors/print';

class Count {
  open(context) { this.total = context.state(valueState('total', { type: 'number', default: 0 })); }
  process(_value, context, output) {
    this.total.update(this.total.value() + 1);
    output.emit(context.key + ' ' + this.total.value());
  }
}
export default (env) => {
  env.fromSource(collection([{ name: 'a' }])).name('names').keyBy('name').process(new Count()).uid('count').sinkTo(print());
};
`;

const manifest = (checkpoint: string): string =>
  `apiVersion: millrace.dev/v1alpha1\nkind: StreamJob\nmetadata:\n  name: shop\nspec:\n  job:\n    entry: job.ts\n${checkpoint}`;
const stored = '  checkpoint:\n    store:\n      directory: checkpoints\n';

it('a job begins with the state of a savepoint', async () => {
  const folder = folderWith({
    'state.ndjson': `${head}\n${key}\n`,
    'job.ts': job,
    'job.yaml': manifest(stored),
  });
  expect(await call(folder, 'savepoint', 'import', 'state.ndjson', 'before')).toMatchObject({ code: 0 });
  const { code, out, error } = await call(folder, 'run', 'job.yaml', '--from', 'before');
  expect(error).toContain('goes on from');
  expect(out).toContain('a 42');
  expect(code).toBe(0);
});

it('a job without a store cannot go on from a savepoint, nor any from one that is not there', async () => {
  const folder = folderWith({ 'job.ts': job, 'job.yaml': manifest(''), 'stored.yaml': manifest(stored) });
  const bare = await call(folder, 'run', 'job.yaml', '--from', 'before');
  expect([bare.code, bare.error]).toEqual([
    2,
    expect.stringContaining('A job without checkpoints cannot go on from a savepoint'),
  ]);
  const nowhere = await call(folder, 'run', 'stored.yaml', '--from', 'before');
  expect(nowhere.code).toBe(2);
  expect(nowhere.error).toContain('before');
});
