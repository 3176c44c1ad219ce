import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeServingCertificate } from '../../../src/coordinator/control/serving-certificate.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';

describe('the certificate that a coordinator serves with', () => {
  it('is made into a directory, serves, and is known by the fingerprint that was told', async () => {
    const system = createNodeSystem();
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const directory = join(folder, 'tls');
    const fingerprint = makeServingCertificate(system, directory);
    const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
    const tls = { certificate: read('tls.crt'), key: read('tls.key') };
    const hello = (_: unknown, response: { end(text: string): void }): void => response.end('hello');
    const server = await system.http.listen(hello as never, { host: '127.0.0.1', port: 0, tls });
    onTestFinished(() => server.close());
    const url = `https://127.0.0.1:${server.port}/`;
    const call = { method: 'get', url, headers: {}, timeoutMs: 5000, mostBytes: 100, tls: { fingerprint } };
    expect(await system.http.request(call)).toEqual({ status: 200, body: 'hello' });
  });
});
