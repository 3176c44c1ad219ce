/**
 * The command: `npm run cluster:images`. Makes the archives that a node imports when it comes up, in the folder `images` beside the programs: those of
 * what Kubernetes and the tests need from local files, those of the runtime and the operator by their Dockerfiles (buildah, `npm run cluster -- install`
 * gets it) from what `npm run build` has left. No registry is asked for anything.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterFolder, demand, minioTool } from '../../harness/tools.ts';
import { type ImageFile, imageArchive } from './archive.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const bin = join(clusterFolder, 'bin');
const archives = join(clusterFolder, 'images');
const base = 'localhost/node:24';
const user = 65532;

const users: Readonly<Record<string, ImageFile>> = {
  '/etc/passwd': {
    text: 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n',
  },
  '/etc/group': { text: 'root:x:0:\nnonroot:x:65532:\n' },
  '/etc/nsswitch.conf': { text: 'passwd: files\ngroup: files\nhosts: files dns\n' },
};

const archiveOf = (name: string): string => join(archives, `${name}.tar`);

/** A reader never sees half an archive, and one that is the same stays as it is: the node does not import it again. */
const write = (name: string, bytes: Buffer): void => {
  if (existsSync(archiveOf(name)) && readFileSync(archiveOf(name)).equals(bytes)) return;
  writeFileSync(`${archiveOf(name)}.new`, bytes);
  renameSync(`${archiveOf(name)}.new`, archiveOf(name));
  process.stdout.write(`${archiveOf(name)}: ${(bytes.length / 1_048_576).toFixed(1)} MiB\n`);
};

/** The libraries that Node is linked with, as they lie on this machine. */
const librariesOf = (program: string): Readonly<Record<string, ImageFile>> => {
  const lines = execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n');
  const files = lines.flatMap((line): [string, ImageFile][] => {
    const found = /^\s*(\S+) => (\S+)/.exec(line);
    if (found?.[1] !== undefined && found[2] !== undefined)
      return [[`/lib/x86_64-linux-gnu/${found[1]}`, { from: found[2], mode: 0o755 }]];
    const loader = /^\s*(\/lib64\/ld\S+)/.exec(line)?.[1];
    return loader === undefined ? [] : [[loader, { from: loader, mode: 0o755 }]];
  });
  return Object.fromEntries(files);
};

const folder = (mode: number): ImageFile => ({ folder: true, mode, owner: user });

const makePlainImages = (): void => {
  const node = join(root, 'node_modules/node/bin/node');
  write(
    'pause',
    imageArchive({
      name: 'localhost/pause:dev',
      layers: [{ '/pause': { from: join(bin, 'pause'), mode: 0o755 } }],
      configuration: { User: '65535:65535', Entrypoint: ['/pause'] },
    }),
  );
  write(
    'node',
    imageArchive({
      name: base,
      layers: [{ ...librariesOf(node), ...users }, { '/usr/local/bin/node': { from: node, mode: 0o755 } }],
      configuration: {
        User: `${user}:${user}`,
        Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NODE_ENV=production'],
        WorkingDir: '/',
      },
    }),
  );
  demand(minioTool);
  write(
    'minio',
    imageArchive({
      name: 'localhost/minio:dev',
      layers: [
        {
          '/usr/local/bin/minio': { from: join(bin, 'minio'), mode: 0o755 },
          ...users,
          '/data': folder(0o755),
        },
      ],
      configuration: { User: `${user}:${user}`, Entrypoint: ['/usr/local/bin/minio'], Env: ['HOME=/data'] },
    }),
  );
};

/** The images of Dockerfiles, in a store of buildah that is gone afterwards. */
const buildDockerfiles = (names: readonly string[]): void => {
  const store = mkdtempSync(join(tmpdir(), 'millrace-images-'));
  const buildah = (...words: readonly string[]): void => {
    const places = ['--root', join(store, 'store'), '--runroot', join(store, 'run')];
    execFileSync('buildah', [...places, '--storage-driver', 'vfs', ...words], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, BUILDAH_ISOLATION: 'chroot', STORAGE_DRIVER: 'vfs' },
    });
  };
  try {
    buildah('pull', `oci-archive:${archiveOf('node')}`);
    for (const name of names) {
      const image = `localhost/millrace-${name}:dev`;
      const arguments_ = ['BASE', 'BUILD'].flatMap((argument) => ['--build-arg', `${argument}=${base}`]);
      buildah(
        'bud',
        '--isolation',
        'chroot',
        '--pull-never',
        ...arguments_,
        '-t',
        image,
        '-f',
        `${name}/Dockerfile`,
        '.',
      );
      const archive = archiveOf(`millrace-${name}`);
      rmSync(`${archive}.new`, { force: true });
      buildah('push', image, `oci-archive:${archive}.new:${image}`);
      renameSync(`${archive}.new`, archive);
      process.stdout.write(`${archive}: ${(statSync(archive).size / 1_048_576).toFixed(1)} MiB compressed\n`);
    }
  } finally {
    rmSync(store, { recursive: true });
  }
};

mkdirSync(archives, { recursive: true });
makePlainImages();
buildDockerfiles(['runtime', 'operator'].filter((name) => existsSync(join(root, 'dist', name))));
