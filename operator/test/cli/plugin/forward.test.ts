import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeProcesses } from '../../../../runtime/src/sys/node-processes.ts';
import { forwardPort } from '../../../src/cli/plugin/forward.ts';

const words = { choice: { context: 'east', namespace: 'shop' }, pod: 'counts-1', port: 8081 };

/** A program in the place of kubectl. */
const program = (text: string): { readonly folder: string; readonly path: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-forward-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'kubectl'), `#!${process.execPath}\n${text}`, { mode: 0o755 });
  return { folder, path: join(folder, 'kubectl') };
};

describe('a port that is forwarded', () => {
  it('is where kubectl says, until it is closed', async () => {
    const { folder, path } = program(`
      if (process.argv.slice(2).join(' ') !== 'port-forward pod/counts-1 :8081 --context=east --namespace=shop') process.exit(3);
      process.stdout.write('Forwarding from 127.0.0.1:40123 -> 8081\\n');
      process.on('SIGTERM', () => process.exit(0));
      setInterval(() => {}, 1000);`);
    const { url, close } = await forwardPort(nodeProcesses, folder, words, path);
    expect(url).toBe('http://127.0.0.1:40123');
    close();
  });

  it('is refused with the words of kubectl, or because there is none', async () => {
    const { folder, path } = program("process.stderr.write('error: no such pod'); process.exitCode = 1;");
    const forward = (name: string) => forwardPort(nodeProcesses, folder, words, name);
    await expect(forward(path)).rejects.toThrow('kubectl port-forward failed: error: no such pod');
    await expect(forward(join(folder, 'nothing'))).rejects.toThrow('ENOENT');
  });
});
