import { describe, expect, it } from 'vitest';
import { type Called, call, folderWith } from '../call-command.ts';

const job = `import { count, tumbling } from 'millrace';
import { collection } from 'millrace/connectors/collection';
import { print } from 'millrace/connectors/print';
export default (env, args) => {
  const opened = [];
  env.fromSource(collection([{ user: 'a', time: 1 }], { timestamp: 'time' })).name('clicks')
    .filter({ open: () => opened.push('never'), filter: (click) => click.user !== args.without }).name(args.name ?? 'valid')
    .keyBy('user').window(tumbling('10s')).aggregate({ clicks: count() }).name('counts')
    .sinkTo(print()).name('out');
};
`;

const graph = (...words: readonly string[]): Promise<Called> =>
  call(folderWith({ 'job.ts': job }), 'graph', 'job.ts', ...words);

describe('millrace graph', () => {
  it('draws tasks, how records move between them, what is read and what sinks promise', async () => {
    const { code, out, error } = await graph();
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toMatch(/^2 tasks in 1 slot, 128 key groups\n/);
    expect(out).toMatch(/\n\[0\] clicks → valid.*\n/);
    expect(out).toContain('hash of user → [1]');
    expect(out).toContain('all fields: opaque function valid');
    expect(out).toContain('out writes print, at-least-once');
    expect(out).toMatch(/[^\n]\n$/);
  });

  it('shows the parallelism and the arguments that it is given', async () => {
    const { out } = await graph('-p', '3', '-a', 'name=known');
    expect(out).toMatch(/^2 tasks in 3 slots/);
    expect(out).toContain('clicks → known');
    expect(out).toContain('×3');
  });

  it('draws a Mermaid diagram, in which no name can do harm', async () => {
    const { code, out } = await graph('-o', 'mermaid', '-a', 'name=a"] --> evil["b');
    expect(code).toBe(0);
    expect(out).toMatch(/^flowchart LR\n {2}task0\["clicks<br\/>/);
    expect(out).toContain('task0 -->|"hash of user"| task1');
    expect(out).not.toContain('"] --> evil["');
  });

  it('gives JSON for programs', async () => {
    const { out } = await graph('-o', 'json', '-p', '2');
    const description = JSON.parse(out) as {
      readonly slots: number;
      readonly tasks: readonly {
        readonly transforms: readonly { readonly name: string; readonly kind: string }[];
      }[];
    };
    expect(description.slots).toBe(2);
    const named = description.tasks.flatMap((task) => task.transforms);
    expect(named).toContainEqual(expect.objectContaining({ name: 'clicks', kind: 'source' }));
    expect(named).toContainEqual(expect.objectContaining({ name: 'counts', kind: 'window' }));
    expect(named).toContainEqual(
      expect.objectContaining({ name: 'out', sink: { kind: 'print', delivery: 'at-least-once' } }),
    );
  });

  it('refuses a form that it does not know, and says which there are', async () => {
    const { code, error } = await graph('-o', 'svg');
    expect(code).toBe(2);
    expect(error).toContain('Allowed choices are text, mermaid, json');
    expect(error).toContain('(millrace graph --help shows what it takes)');
  });

  it('refuses a job that cannot be planned, as run does', async () => {
    const folder = folderWith({ 'job.ts': 'export default () => {};\n' });
    const { code, out, error } = await call(folder, 'graph', 'job.ts');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain('error: The job has no source and no sink.');
  });
});
