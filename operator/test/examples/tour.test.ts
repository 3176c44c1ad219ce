import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const start = fileURLToPath(new URL('../../examples/tour/start.ts', import.meta.url));

describe('npm start', () => {
  it('tells a story of a job that is rescaled, killed and upgraded, and ends with the right answer', async () => {
    const told = await new Promise<string>((resolve, reject) => {
      const words = ['--conditions=millrace-source', start];
      execFile(process.execPath, words, (error, output, errors) => {
        if (error === null) resolve(output);
        else reject(new Error(`${output}\n${errors}`));
      });
    });
    const acts = told.split('\n').filter((line) => / s {2}> /.test(line));
    const expected = ['kubectl apply', 'kubectl scale', 'kill -9', 'kubectl apply'];
    expect(acts).toHaveLength(expected.length);
    for (const [i, act] of expected.entries()) expect(acts[i]).toContain(act);
    expect(told).toMatch(/The revision \w+ has taken over from \w+/);
    expect(told).toContain('The job has come to its end');
    expect(told).toContain('rows of its table are exactly what a loop over the file gives');
    expect(told).toContain("Chicago O'Hare International");
  }, 300_000);
});
