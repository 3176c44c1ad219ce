import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FetchLimits, fetchBundle, usualLimits } from '../../src/delivery/fetch-bundle.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { bundleOf, type Entry, paxPath, tarOf } from './archives.ts';

const system = createNodeSystem();
const code: readonly Entry[] = [
  { path: './job.ts', text: 'export default 1;' },
  { path: './parts/', type: '5' },
  { path: './parts/more.ts', text: 'export {};' },
];
const good = bundleOf(...code);

const serve = (answer: RequestListener): Promise<string> =>
  new Promise((resolve) => {
    const server = createServer(answer).listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as { readonly port: number }).port}`);
    });
    onTestFinished(() => void server.close());
  });

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'code');
};

const fetchFrom = (url: string, bytes: Uint8Array, folder: string, limits: Partial<FetchLimits> = {}) =>
  fetchBundle(system, { url, sha256: system.hashing.sha256(bytes) }, folder, { ...usualLimits, ...limits });

/** Fetches these bytes as the right ones. */
const fetchBytes = async (bytes: Uint8Array, limits?: Partial<FetchLimits>, folder = newFolder()) => {
  const address = await serve((_request, response) => void response.end(bytes));
  return fetchFrom(`${address}/job.tgz?secret=1`, bytes, folder, limits);
};

describe('a bundle', () => {
  it('is fetched and unpacked, also over what an earlier try has left', async () => {
    const folder = newFolder();
    expect(await fetchBytes(bundleOf({ path: 'job.ts', text: 'x'.repeat(99) }), {}, folder)).toBe(1);
    expect(await fetchBytes(good, {}, folder)).toBe(3);
    expect(readFileSync(join(folder, 'job.ts'), 'utf8')).toBe('export default 1;');
    expect(readdirSync(join(folder, 'parts'))).toEqual(['more.ts']);
  });

  it('is unpacked whatever the length of its paths', async () => {
    const folder = newFolder();
    const path = `${'folder/'.repeat(30)}job.ts`;
    const large = 'x'.repeat(3_000_000);
    const bytes = bundleOf(
      { path: 'more.ts', prefix: 'a/b', text: large },
      paxPath(path),
      { path: 'cut', text: 'pax' },
      { path: 'name', type: 'L', text: `${path.replace('job', 'other')}\0` },
      { path: 'cut', text: 'gnu' },
    );
    expect(await fetchBytes(bytes, {}, folder)).toBe(3);
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(read('a/b/more.ts') === large).toBe(true);
    expect([read(path), read(path.replace('job', 'other'))]).toEqual(['pax', 'gnu']);
  });

  it('is found where its address leads to', async () => {
    const address = await serve((request, response) => {
      if (request.url === '/latest') response.writeHead(302, { location: '/job.tgz' }).end();
      else if (request.url === '/around') response.writeHead(302, { location: '/around' }).end();
      else response.end(good);
    });
    expect(await fetchFrom(`${address}/latest`, good, newFolder())).toBe(3);
    await expect(fetchFrom(`${address}/around`, good, newFolder())).rejects.toThrow('more than 5 times');
  });

  it('that is another one than was meant is not unpacked', async () => {
    const folder = newFolder();
    const address = await serve((_request, response) => void response.end(good));
    const other = fetchFrom(`${address}/job.tgz?secret=1`, new Uint8Array(1), folder);
    await expect(other).rejects.toMatchObject({
      code: 'job-invalid',
      message: expect.stringContaining(system.hashing.sha256(good)) as string,
    });
    await expect(other).rejects.not.toThrow('secret');
    expect(system.files.stat(folder)).toBeUndefined();
  });

  it('that is not there is told with its address, and without what is secret in it', async () => {
    const address = await serve((_request, response) => void response.writeHead(404).end());
    const missing = fetchFrom(`${address}/job.tgz?secret=1`, good, newFolder());
    await expect(missing).rejects.toThrow(
      `The bundle ${address}/job.tgz cannot be fetched: the answer is 404.`,
    );
    await expect(fetchFrom('http://127.0.0.1:9/job.tgz', good, newFolder())).rejects.toThrow('ECONNREFUSED');
    await expect(fetchFrom('s3://bucket/job.tgz', good, newFolder())).rejects.toThrow('no address of http');
  });

  it.each([
    ['is larger than is allowed', good, { packedBytes: 50 }, 'larger than'],
    ['holds too much', good, { bytes: 20, files: 3 }, 'holds more than'],
    ['holds too many files', good, { files: 2 }, 'holds more than 2 files'],
    ['is no gzip', Buffer.from('nothing of the kind'), {}, 'cannot be unpacked'],
    ['is cut off', good.subarray(0, good.length - 20), {}, 'cannot be unpacked'],
    ['is no tar', gzipSync(Buffer.alloc(2000, 'x')), {}, 'cannot be unpacked'],
    ['leads out of its folder', bundleOf({ path: '../x' }), {}, 'outside of its folder'],
    ['leads out of its folder on the way', bundleOf({ path: 'a/../../x' }), {}, 'outside of its folder'],
    ['names a place of the machine', bundleOf({ path: '/etc/passwd' }), {}, 'outside of its folder'],
    ['holds a symbolic link', bundleOf({ path: 'a', type: '2' }), {}, 'which is a symlink'],
    ['holds a hard link', bundleOf({ path: 'a', type: '1' }), {}, 'which is a link'],
    ['holds a device', bundleOf({ path: 'a', type: '3' }), {}, 'which is a character-device'],
    [
      'ends too early',
      gzipSync(tarOf({ path: 'a', text: 'x'.repeat(900) }).subarray(0, 700)),
      {},
      'cannot be unpacked',
    ],
    [
      'holds much in little',
      gzipSync(tarOf({ path: 'a', text: 'x'.repeat(9_000_000) })),
      { bytes: 1_000_000 },
      'holds more than',
    ],
    ['holds a file without a name', bundleOf({ path: '.' }), {}, 'without a name'],
  ])('that %s is refused', async (_what, bytes, limits, why) => {
    await expect(fetchBytes(bytes, limits)).rejects.toThrow(why);
  });

  it('that comes too slowly is given up', async () => {
    const address = await serve(() => undefined);
    await expect(fetchFrom(`${address}/job.tgz`, good, newFolder(), { timeoutMs: 50 })).rejects.toThrow(
      'did not answer within 50 ms',
    );
  });
});
