import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstMomentSince, longestPauseMs } from '../../../../e2e/harness/moments.ts';

describe('moments at which slots had a record', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-moments-'));
    file = join(folder, 'moments');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('give the longest time in which no slot had one, which may have begun before it is asked for', () => {
    // Two slots write as they come.
    writeFileSync(file, '1000\n1020\n1010\n2000\n1990\n2010\n2300\n');
    expect(longestPauseMs(file, 0)).toBe(970);
    expect(longestPauseMs(file, 1500)).toBe(970);
    expect(longestPauseMs(file, 2005)).toBe(290);
    expect(longestPauseMs(file, 3000)).toBe(0);
  });

  it('give the first one behind a time', () => {
    writeFileSync(file, '1000\n1020\n1010\n');
    expect(firstMomentSince(file, 1001)).toBe(1010);
    expect(firstMomentSince(file, 2000)).toBeUndefined();
  });

  it('are none before anything was written', () => {
    expect(longestPauseMs(file, 0)).toBe(0);
    expect(firstMomentSince(file, 0)).toBeUndefined();
  });
});
