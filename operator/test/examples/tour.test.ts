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
    // On a slow machine all flights have landed before the last acts.
    expect(acts[0]).toContain('kubectl apply -f job.yaml');
    expect(told).toContain('The job has come to its end');
    expect(told).toContain('rows of its table are exactly what a loop over the file gives');
    expect(told).toContain("Chicago O'Hare International");
  }, 300_000);
});
