import { describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { callByShell, folderWith } from '../call-command.ts';
import { FakeIo } from '../fake-io.ts';

const script = async (shell: string): Promise<string> => {
  const io = new FakeIo();
  expect(await main(['completion', shell], io)).toBe(0);
  expect(io.complained).toBe('');
  return io.printed;
};

describe('millrace completion', () => {
  it.each(['bash', 'zsh', 'fish'])('knows every command and its long options: %s', async (shell) => {
    const text = await script(shell);
    for (const word of ['run', 'validate', 'graph', 'new', 'completion']) expect(text).toContain(word);
    for (const word of ['parallelism', 'arg', 'mode', 'log', 'no-panel', 'output', 'help']) {
      expect(text).toContain(word);
    }
  });

  it('is a script that bash takes as it is', async () => {
    const line = 'source <(millrace completion bash) && complete -p millrace';
    const { out, error } = await callByShell(folderWith(), line);
    expect(error).toBe('');
    expect(out).toBe('complete -o filenames -F _millrace millrace\n');
  });

  it('refuses another shell, and says which there are', async () => {
    const io = new FakeIo();
    expect(await main(['completion', 'tcsh'], io)).toBe(2);
    expect(io.complained).toContain('Allowed choices are bash, zsh, fish');
  });
});
