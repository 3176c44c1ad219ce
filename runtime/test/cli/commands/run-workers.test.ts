import { describe, expect, it } from 'vitest';
import { call, folderWith } from '../call-command.ts';

const counting = `import { collection } from 'millrace/connectors/collection';
import { print } from 'millrace/connectors/print';
export default (env) => {
  env.fromSource(collection(Array.from({ length: 600 }, (_, i) => i % 3))).rebalance()
    .map((key) => ({ key, count: 1, at: process.pid }))
    .keyBy('key')
    .reduce((left, right) => ({ key: left.key, count: left.count + right.count, at: right.at }))
    .filter(({ count }) => count === 200)
    .map(({ key }) => \`\${key} in \${process.pid}\`)
    .sinkTo(print());
};
`;

describe('a job in several processes', () => {
  it('gives the results of one, each from the process that owns the key, and leaves none behind', async () => {
    const folder = folderWith({ 'job.mjs': counting });
    const { code, out, error } = await call(folder, 'run', 'job.mjs', '--workers', '2', '--log', 'json');
    expect(error).not.toMatch(/"level":"(warn|error)"/);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ').at(-3)).sort()).toEqual(['0', '1', '2']);
    const processes = [...new Set(lines.map((line) => Number(line.split(' ').at(-1))))];
    for (const pid of processes) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('fails by the name of what is wrong with the code, not of a process', async () => {
    const folder = folderWith({ 'job.mjs': counting.replace('count === 200', 'boom') });
    const { code, error } = await call(folder, 'run', 'job.mjs', '--workers', '2', '--log', 'text');
    expect(code).toBe(1);
    expect(error).toContain('boom is not defined');
  });
});
