import { describe, expect, it } from 'vitest';
import { call, folderWith } from '../call-command.ts';

const state = `{"millrace":"state","format":1,"jobName":"shop","maxParallelism":128,"transforms":[
{"uid":"count","states":[{"name":"total","kind":"value","type":"number"}]}]}`.replaceAll('\n', '');

const job = (descriptor: string, uid = 'count'): string => `
import { valueState, listState } from 'millrace';
import { collection } from 'millrace/connectors/collection';
import { print } from 'millrace/connectors/print';

class Count {
  open(context) { this.total = context.state(${descriptor}); }
  process() {}
}
export default (env) => {
  env.fromSource(collection([{ name: 'a' }])).name('names').keyBy('name').process(new Count()).uid('${uid}').sinkTo(print());
};
`;

describe('millrace plan', () => {
  const plan = async (code: string, ...more: readonly string[]) => {
    const folder = folderWith({ 'state.ndjson': state, 'job.ts': code });
    expect(await call(folder, 'savepoint', 'import', 'state.ndjson', 'before')).toMatchObject({ code: 0 });
    const { code: exitCode, out, error } = await call(folder, 'plan', 'before', 'job.ts', ...more);
    return { code: exitCode, text: out + error };
  };

  it('says that a job can go on from a savepoint', async () => {
    const { code, text } = await plan(job(`valueState('total', { type: 'number' })`));
    expect(text).toBe(
      ['same   count / total', 'added  names: it starts empty', '', 'The job can go on from it.', ''].join(
        '\n',
      ),
    );
    expect(code).toBe(0);
  });

  it('refuses one that cannot, with the reason and the next step', async () => {
    const { code, text } = await plan(job(`listState('total')`));
    expect(code).toBe(1);
    expect(text).toContain('incompatible  count / total: was value of number and is list now\n');
    expect(text).toContain('Give the new state another name.');
    expect(text).toContain('The job cannot go on from it: 1 in the way.');
  });

  it('takes new uids, and leave to lose state', async () => {
    const moved = job(`valueState('total', { type: 'number' })`, 'tally');
    expect((await plan(moved)).code).toBe(1);
    expect((await plan(moved, '--allow-removed')).code).toBe(0);
    const renamed = await plan(moved, '--rename', 'count=tally', '--json');
    expect(renamed.code).toBe(0);
    expect(JSON.parse(renamed.text)).toMatchObject({ possible: true });
  });

  it('refuses another number of key groups', async () => {
    const { code, text } = await plan(job(`valueState('total', { type: 'number' })`), '-p', '200');
    expect(code).toBe(2);
    expect(text).toContain('128');
  });
});
