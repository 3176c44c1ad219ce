import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageArchive } from '../../../../../e2e/cluster/images/archive.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'millrace-archive-'));
});
afterEach(() => rmSync(place, { recursive: true }));

const settings = {
  name: 'localhost/example:dev',
  layers: [
    {
      '/etc/greeting': { text: 'hello' },
      '/usr/bin/a': { link: 'b' },
      '/data': { folder: true, mode: 0o700 },
    },
  ],
  configuration: { User: '65532:65532' },
} as const;

const unpack = (archive: Buffer, name: string): string => {
  const file = join(place, `${name}.tar`);
  writeFileSync(file, archive);
  execFileSync('tar', ['xf', file, '-C', place]);
  return place;
};

const blobOf = (folder: string, digest: string): string =>
  join(folder, 'blobs/sha256', digest.replace('sha256:', ''));

it('an image archive is the same for the same files', () => {
  expect(imageArchive(settings).equals(imageArchive(settings))).toBe(true);
});

it('an image archive leads from its index to layers that tar can read', () => {
  const folder = unpack(imageArchive(settings), 'image');
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, never>;
  const index = read(join(folder, 'index.json')) as unknown as { manifests: { digest: string }[] };
  const manifest = read(blobOf(folder, index.manifests[0]?.digest ?? '')) as unknown as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  expect(read(blobOf(folder, manifest.config.digest))).toMatchObject({ config: { User: '65532:65532' } });
  const layer = blobOf(folder, manifest.layers[0]?.digest ?? '');
  const names = execFileSync('tar', ['tf', layer], { encoding: 'utf8' }).trim().split('\n');
  expect(names).toEqual(['data/', 'etc/', 'etc/greeting', 'usr/', 'usr/bin/', 'usr/bin/a']);
  expect(execFileSync('tar', ['xOf', layer, 'etc/greeting'], { encoding: 'utf8' })).toBe('hello');
});
