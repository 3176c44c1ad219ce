import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./on-threads.ts', import.meta.url));

describe('the results of a program on threads of their own', () => {
  it.each([2, 3])('are those of a plain model, odd values included, on %i threads', async (threads) => {
    const words = ['--conditions=millrace-source', script, `${threads * 1000}`, '25', `${threads}`];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    expect(Number.parseInt(stdout, 10)).toBeGreaterThan(100);
  });

  it.each([2, 3])('are so too while key groups move between %i threads', async (threads) => {
    const words = ['--conditions=millrace-source', script, `${threads * 2000}`, '25', `${threads}`, '200'];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    const [compared, moved] = stdout.split(' ').map(Number);
    expect(compared).toBeGreaterThan(100);
    expect(moved).toBeGreaterThan(0);
  });

  it('are so too when three threads take checkpoints and fail, and go on from the last', async () => {
    const words = ['--conditions=millrace-source', script, '9000', '10', '3', '100', '1'];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    const [compared, , attempts] = stdout.split(' ').map(Number);
    expect(compared).toBeGreaterThan(100);
    expect(attempts).toBe(2);
  }, 240_000);

  it('are so too when barriers overtake what is in flight between the threads', async () => {
    const words = ['--conditions=millrace-source', script, '9000', '10', '3', '0', '1', '0'];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    const [compared, , attempts] = stdout.split(' ').map(Number);
    expect(compared).toBeGreaterThan(100);
    expect(attempts).toBe(2);
  }, 240_000);
});
