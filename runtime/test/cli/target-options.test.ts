import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { TargetOverrides } from '../../src/cli/find-target.ts';
import { addTargetOptions, overridesOf, type TargetOptions } from '../../src/cli/target-options.ts';

const parse = (...words: string[]): TargetOverrides => {
  const command = addTargetOptions(new Command('run'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  command.parse(['job.yaml', ...words], { from: 'user' });
  return overridesOf(command.opts<TargetOptions>());
};

describe('the options of commands with a job', () => {
  it('change nothing when they are not given', () => {
    expect(parse()).toEqual({});
  });

  it('have a short form each', () => {
    const wanted = { parallelism: 4, mode: 'Batch', args: { day: 'monday' } };
    expect(parse('-p', '4', '-m', 'Batch', '-a', 'day=monday')).toEqual(wanted);
    expect(parse('--parallelism', '4', '--mode', 'Batch', '--arg', 'day=monday')).toEqual(wanted);
  });

  it('take an argument many times, and the last of one name wins', () => {
    expect(parse('-a', 'a=1', '-a', 'b=2', '-a', 'a=3').args).toEqual({ a: '3', b: '2' });
  });

  it('split an argument at the first equals sign; its value may be empty', () => {
    expect(parse('-a', 'filter=a=b', '-a', 'none=').args).toEqual({ filter: 'a=b', none: '' });
  });

  it('take a name that every object has by itself', () => {
    expect(Object.entries(parse('-a', '__proto__=x', '-a', 'constructor=y').args ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it.each(['0', '-1', '1.5', 'many', '4097', '1e3', '', '٣'])('refuse “%s” as a parallelism', (text) => {
    expect(() => parse(`--parallelism=${text}`)).toThrow('Give a whole number from 1 to 4096.');
  });

  it('take the least and the most parallelism', () => {
    expect([parse('-p', '1').parallelism, parse('-p', '4096').parallelism]).toEqual([1, 4096]);
  });

  it.each(['day', '=monday', ''])('refuse “%s” as an argument', (text) => {
    expect(() => parse(`--arg=${text}`)).toThrow('Write name=value.');
  });

  it('refuse another mode, and say which there are', () => {
    expect(() => parse('-m', 'stream')).toThrow('Allowed choices are Streaming, Batch, Automatic');
  });
});
