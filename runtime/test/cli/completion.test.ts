import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CompletedCommand, completionScript } from '../../src/cli/completion.ts';
import { folderWith } from './call-command.ts';

const commands: readonly CompletedCommand[] = [
  { name: 'run', description: 'Run a job.', options: ['--parallelism', '--panel', '--help'] },
  { name: 'graph', description: "Show a job's tasks.", options: ['--output', '--help'] },
];

/** What bash offers after these words, the last of them being typed. */
const offeredByBash = (words: readonly string[]): Promise<readonly string[]> => {
  const folder = folderWith({ 'job.yaml': '', 'my job.ts': '' });
  writeFileSync(join(folder, 'complete.sh'), completionScript('bash', commands));
  const program = `
    source ./complete.sh
    COMP_WORDS=(millrace "$@"); COMP_CWORD=$#
    _millrace
    printf '%s\\n' "\${COMPREPLY[@]}"
  `;
  return new Promise((done, failed) => {
    execFile('bash', ['--norc', '-c', program, 'bash', ...words], { cwd: folder }, (error, out, errors) =>
      error === null && errors === ''
        ? done(out.split('\n').filter((line) => line !== ''))
        : failed(new Error(errors)),
    );
  });
};

describe('completion in bash', () => {
  it('offers the commands first', async () => {
    expect(await offeredByBash([''])).toEqual(['run', 'graph']);
    expect(await offeredByBash(['gr'])).toEqual(['graph']);
  });

  it('offers the options of the command that stands there', async () => {
    expect(await offeredByBash(['run', '--pa'])).toEqual(['--parallelism', '--panel']);
    expect(await offeredByBash(['graph', '--'])).toEqual(['--output', '--help']);
    expect(await offeredByBash(['unknown', '--'])).toEqual([]);
  });

  it('offers files in the place of a job', async () => {
    expect(await offeredByBash(['run', 'job'])).toEqual(['job.yaml']);
    expect(await offeredByBash(['run', '-p', '2', 'job'])).toEqual(['job.yaml']);
  });

  it('offers a file whose name has a blank as one', async () => {
    expect(await offeredByBash(['run', 'my'])).toEqual(['my job.ts']);
  });
});

describe('completion in zsh', () => {
  const script = completionScript('zsh', commands);

  it('names each command with what it does, quoted', () => {
    expect(script).toContain("'run:Run a job.'");
    expect(script).toContain(String.raw`'graph:Show a job'\''s tasks.'`);
  });

  it('names the options of each command', () => {
    expect(script).toContain('run) compadd -- --parallelism --panel --help ;;');
    expect(script).toContain('graph) compadd -- --output --help ;;');
  });

  it('registers itself for the command, from a file and by source alike', () => {
    expect(script).toMatch(/^#compdef millrace\n/);
    expect(script).toMatch(/\ncompdef _millrace millrace\n$/);
  });
});

describe('completion in fish', () => {
  const script = completionScript('fish', commands);

  it('offers commands only where none stands, with what they do', () => {
    expect(script).toContain("complete -c millrace -n __fish_use_subcommand -a run -d 'Run a job.'");
    expect(script).toContain(String.raw`-a graph -d 'Show a job'\''s tasks.'`);
  });

  it('offers the options of the command that stands there', () => {
    expect(script).toContain("complete -c millrace -n '__fish_seen_subcommand_from run' -l parallelism\n");
    expect(script).not.toContain('-l --');
  });
});

describe('each script', () => {
  it.each([
    ['bash', '~/.bashrc'],
    ['zsh', '~/.zshrc'],
    ['fish', '~/.config/fish/config.fish'],
  ] as const)('says where to put it: %s', (shell, place) => {
    expect(completionScript(shell, commands)).toContain(`# Put this into ${place}: `);
  });
});
