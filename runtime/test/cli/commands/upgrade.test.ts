import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { call, folderWith, start } from '../call-command.ts';
import { countingJob, manifestWith } from '../stored-folder.ts';

// A test starts the command several times, and each start takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

/** A counting job that runs, and where it is asked. */
const running = async () => {
  const folder = folderWith({ 'job.ts': countingJob, 'job.yaml': manifestWith('directory: checkpoints') });
  const run = start(folder, 'run', 'job.yaml', '--control-port', '0');
  await run.seen('total 10;');
  const address = /http:\/\/[^/\s]+/.exec(run.text())?.[0] ?? '';
  const ask = (...words: readonly string[]) => call(folder, ...words, '--control', address);
  const rewrite = (change: (code: string) => string): void => {
    const path = join(folder, 'job.ts');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
  const stop = async (): Promise<readonly number[]> => {
    run.signal('SIGINT');
    const { code, out } = await run.ended;
    expect(code).toBe(0);
    return [...out.matchAll(/total (\d+)/g)].map(([, total]) => Number(total));
  };
  return { run, ask, rewrite, stop };
};

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, i) => i + 1);

describe('a job that runs', () => {
  it('is given other slots, then other code, and counts on without a gap', async () => {
    const { run, ask, rewrite, stop } = await running();
    expect((await ask('rescale', '2')).out).toContain('1 slots now, 2 wished for');
    await run.seen('1 slots are 2 now');
    rewrite((code) => code.replace("';'", "' by the new code;'"));
    const plan = await ask('upgrade', 'job.yaml', '--plan-only');
    expect(plan).toMatchObject({
      code: 0,
      out: expect.stringMatching(/is planned\n {2}same +count \/ total/),
    });
    const { code, out } = await ask('upgrade', 'job.yaml');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/is held.*is released\n$/s) });
    await run.seen('by the new code');
    const { out: status } = await ask('status');
    expect(status).toMatch(/parallelism +2,/);
    expect(status).toMatch(/upgraded +[0-9a-f]{12} → [0-9a-f]{12}, records stood still for/);
    const totals = await stop();
    expect(totals).toEqual(upTo(totals.length));
  });

  it('stays as it is when its state does not fit, with what does not', async () => {
    const { ask, rewrite, stop } = await running();
    rewrite((code) => code.replace("{ type: 'number', default: 0 }", '{ version: 2 }'));
    const { code, out } = await ask('upgrade', 'job.yaml');
    expect(code).toBe(1);
    expect(out).toMatch(
      /incompatible +count \/ total: was value of number and is value, version 2 now, and it has no migrate/,
    );
    const totals = await stop();
    expect(totals).toEqual(upTo(totals.length));
  });

  it('is as it was when its file cannot be read', async () => {
    const { ask, rewrite, stop } = await running();
    rewrite((code) => code.replace('class Count', 'clas Count'));
    const { code, error } = await ask('upgrade', 'job.yaml');
    expect(code).toBe(2);
    expect(error).toContain('cannot be bundled');
    const totals = await stop();
    expect(totals).toEqual(upTo(totals.length));
  });
});
