/**
 * `node runtime/image/assemble.ts runtime|operator TARGET` gathers what an image runs: the built modules in some files that are loaded as a whole, the
 * packages that cannot lie in such files, without what is only read by people and compilers, and a module for each program. It touches no network, so
 * that images are built from what `npm ci` and `npm run build` have left.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BundleContent, bundle } from './bundle.ts';

interface ImageContent extends BundleContent {
  /** The module of each program, by the name that pods start it by. */
  readonly programs: Readonly<Record<string, string>>;
  /** Further names on the PATH. */
  readonly commands: Readonly<Record<string, string>>;
}

/** Of each image. */
export const contents = {
  runtime: {
    // What is started, and what a job may import.
    entries: [
      'runtime/src/bin/*.js',
      'runtime/src/index.js',
      'runtime/src/testing/index.js',
      'runtime/src/connectors/*/index.js',
    ],
    parts: 'runtime/src/parts',
    apart: ['esbuild', 'classic-level'],
    programs: {
      coordinator: 'runtime/src/bin/coordinator.js',
      worker: 'runtime/src/bin/worker.js',
      millrace: 'runtime/src/bin/millrace.js',
      certificate: 'runtime/src/bin/certificate.js',
      maintenance: 'runtime/src/bin/maintenance.js',
      'fetch-bundle': 'runtime/src/bin/fetch-bundle.js',
    },
    commands: {
      millrace: 'millrace',
      'millrace-coordinator': 'coordinator',
      'millrace-worker': 'worker',
    },
  },
  operator: {
    entries: ['operator/src/main.js'],
    parts: 'operator/src/parts',
    apart: ['@kubernetes/client-node', 'classic-level'],
    programs: { operator: 'operator/src/main.js' },
    commands: { 'millrace-operator': 'operator' },
  },
} satisfies Readonly<Record<string, ImageContent>>;

const unread = /\.(?:md|markdown|map|[cm]?ts|flow|gyp|cc|cpp|h|txt)$|^\.|^(?:LICENSE|LICENCE|CHANGELOG)/i;
const unusedFolders = new Set(['test', 'tests', 'docs', 'example', 'examples', 'benchmark', '.github']);

/** Whether something of a package is left out: what no program reads, and native code for other machines. */
export const isLeftOut = (packageName: string, path: string): boolean => {
  const [first = '', second = ''] = path.split('/');
  if (unread.test(basename(path)) || unusedFolders.has(first)) return true;
  // The binary lies in @esbuild/PLATFORM, which esbuild finds by itself.
  if (packageName === 'esbuild') return first === 'bin' || path === 'install.js';
  if (packageName === 'classic-level') return first === 'deps' || isForOthers(first, second);
  return false;
};

const isForOthers = (folder: string, platform: string): boolean =>
  folder === 'prebuilds' && platform !== '' && platform !== `${process.platform}-${process.arch}`;

interface PackageManifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): PackageManifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageManifest;

/** Where a package finds another: beside it, or beside one of the packages that it lies in. */
const folderOf = (name: string, from: string, root: string): string | undefined => {
  for (let at = from; at.length >= root.length; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  return undefined;
};

/** The folders of some packages and of all that they need; optional ones only where they are installed. */
const closureOf = (names: readonly string[], root: string): ReadonlySet<string> => {
  const found = new Set<string>();
  const visit = (name: string, from: string, isNeeded: boolean): void => {
    if (name.startsWith('@types/')) return;
    const folder = folderOf(name, from, root);
    if (folder === undefined) {
      if (isNeeded) throw new Error(`${name} is not installed, and ${from} needs it: npm ci gets it.`);
      return;
    }
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = manifestOf(folder);
    for (const next of Object.keys(dependencies)) visit(next, folder, !(next in optionalDependencies));
    for (const next of Object.keys({ ...optionalDependencies, ...peerDependencies }))
      visit(next, folder, false);
  };
  for (const name of names) visit(name, root, true);
  return found;
};

const copyPackage = (folder: string, root: string, target: string): void => {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  cpSync(folder, join(target, folder.slice(root.length)), {
    recursive: true,
    dereference: true,
    filter: (path) => {
      const inside = path.slice(folder.length + 1);
      // Packages within a package are copied as what they are.
      return inside === '' || !(inside.startsWith('node_modules') || isLeftOut(name, inside));
    },
  });
};

const writeProgram = (path: string, text: string): void => {
  writeFileSync(path, `#!/usr/bin/env node\n${text}`);
  chmodSync(path, 0o755);
};

/** Gathers the content of an image in a folder, from the built folders and the packages of a checkout. */
export const assemble = (root: string, content: ImageContent, target: string): void => {
  mkdirSync(join(target, 'bin'), { recursive: true });
  const imported = bundle(join(root, 'dist'), content, join(target, 'dist'));
  for (const folder of closureOf(imported, root)) copyPackage(folder, root, target);
  const { name, version, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    type: string;
  };
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, type }));
  const { programs, commands } = content;
  for (const [program, module] of Object.entries(programs))
    if (existsSync(join(target, 'dist', module)))
      writeProgram(join(target, `bin/${program}.js`), `import '../dist/${module}';\n`);
  for (const [command, program] of Object.entries(commands))
    writeProgram(join(target, 'bin', command), `import './${program}.js';\n`);
};

const main = (name = '', target = ''): void => {
  const content = (contents as Readonly<Record<string, ImageContent>>)[name];
  if (content === undefined || target === '')
    throw new Error(`usage: assemble.ts ${Object.keys(contents).join('|')} TARGET`);
  assemble(fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''), content, target);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv[2], process.argv[3]);
