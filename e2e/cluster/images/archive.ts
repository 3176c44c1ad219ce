/**
 * `images` makes the images that a node without a registry needs. Here: an image archive out of files of this machine, the same bytes for
 * the same files. What comes from a Dockerfile is built upon such a base.
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path/posix';

/** A file of an image: a copy of one of this machine, a text, a folder of its own rights, or a link. */
export type ImageFile =
  | { readonly from: string; readonly mode?: number }
  | { readonly text: string }
  | { readonly folder: true; readonly mode: number; readonly owner?: number }
  | { readonly link: string };

export interface ImageSettings {
  /** With its tag. Images without the name of a registry are looked for in a public one: `localhost/…` says that they are ours. */
  readonly name: string;
  /** By their absolute paths. */
  readonly layers: readonly Readonly<Record<string, ImageFile>>[];
  /** As the image format names them. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

interface Entry {
  readonly path: string;
  readonly type: '0' | '2' | '5';
  readonly mode: number;
  readonly body?: Buffer;
  readonly link?: string;
  readonly owner?: number;
}

const blockBytes = 512;
const nothing = Buffer.alloc(0);

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');

/** An entry of a tar archive (ustar), of the first second of 1970. */
const tarEntry = ({ path, type, mode, body = nothing, link = '', owner = 0 }: Entry): Buffer => {
  if (Buffer.byteLength(path) > 100) throw new Error(`The path ${path} is too long for a tar archive.`);
  const head = Buffer.alloc(blockBytes);
  head.write(path, 0);
  head.write(octal(mode, 7), 100);
  head.write(octal(owner, 7), 108);
  head.write(octal(owner, 7), 116);
  head.write(octal(body.length, 11), 124);
  head.write(octal(0, 11), 136);
  head.write(' '.repeat(8), 148);
  head.write(type, 156);
  head.write(link, 157);
  head.write('ustar\u000000', 257, 'latin1');
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${octal(sum, 6)}\0 `, 148);
  const padding = (blockBytes - (body.length % blockBytes)) % blockBytes;
  return Buffer.concat([head, body, Buffer.alloc(padding)]);
};

const tar = (entries: readonly Entry[]): Buffer =>
  Buffer.concat([...entries.map(tarEntry), Buffer.alloc(2 * blockBytes)]);

const ancestorsOf = (path: string): readonly string[] => {
  const parent = dirname(path);
  return parent === '/' ? [] : [...ancestorsOf(parent), parent];
};

const fileEntry = (path: string, file: ImageFile): Entry => {
  const inside = path.slice(1);
  if ('folder' in file) {
    const { mode, owner } = file;
    return { path: `${inside}/`, type: '5', mode, ...(owner === undefined ? {} : { owner }) };
  }
  if ('link' in file) return { path: inside, type: '2', mode: 0o777, link: file.link };
  const body = 'text' in file ? Buffer.from(file.text) : readFileSync(realpathSync(file.from));
  return { path: inside, type: '0', mode: ('mode' in file ? file.mode : undefined) ?? 0o644, body };
};

const layerOf = (files: Readonly<Record<string, ImageFile>>): Buffer => {
  const paths = Object.keys(files).toSorted();
  const folders = new Set(paths.flatMap(ancestorsOf).filter((path) => !(path in files)));
  const entries = [
    ...[...folders].map((path): Entry => ({ path: `${path.slice(1)}/`, type: '5', mode: 0o755 })),
    ...paths.map((path) => fileEntry(path, files[path] as ImageFile)),
  ];
  return tar(entries.toSorted((one, other) => (one.path < other.path ? -1 : 1)));
};

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const described = (kind: string, bytes: Buffer): object => ({
  mediaType: `application/vnd.oci.image.${kind}`,
  digest: `sha256:${digestOf(bytes)}`,
  size: bytes.length,
});

/** The archive of an image, as `ctr images import` and buildah take it. */
export const imageArchive = ({ name, layers: files, configuration }: ImageSettings): Buffer => {
  const layers = files.map(layerOf);
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: configuration,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${digestOf(layer)}`) },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: described('config.v1+json', config),
    layers: layers.map((layer) => described('layer.v1.tar', layer)),
  });
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
  };
  const index = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...described('manifest.v1+json', manifest), annotations }],
  });
  const blobs = new Map([config, manifest, ...layers].map((bytes) => [digestOf(bytes), bytes]));
  const file = (path: string, body: Buffer): Entry => ({ path, type: '0', mode: 0o644, body });
  return tar([
    file('oci-layout', json({ imageLayoutVersion: '1.0.0' })),
    file('index.json', index),
    ...[...blobs].map(([digest, bytes]) => file(`blobs/sha256/${digest}`, bytes)),
  ]);
};
