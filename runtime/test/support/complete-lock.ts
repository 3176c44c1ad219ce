/**
 * `support` holds what the tests and checks need around them: the closing line of a run and the completion of the lock file.
 *
 * npm refuses `npm ci` when the lock file lacks an optional dependency, also one for another platform, and a registry that
 * does not serve that platform's package makes `npm install` leave it out (npm/cli#9846). The parent pins such a package to
 * an exact version and its name says its platform, so the missing entries can be written without asking a registry.
 * `npm run lock` does that after every change of the dependencies.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The part of an entry of package-lock.json that matters here. */
export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

/** A package-lock.json of version 3. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

/**
 * What a package's name says about the machines it is for, in the words of npm's `os`, `cpu` and `libc`.
 * @throws Error when the name has no processor that npm knows: such a dependency must be looked at by a person.
 */
export const platformOf = (name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> => {
  const words = name.split(/[/-]/);
  const system = systems.find((candidate) => words.includes(candidate));
  const processor = processors.find((candidate) => words.includes(candidate));
  if (processor === undefined) {
    throw new Error(`The name of the optional dependency ${name} does not say which machines it is for.`);
  }
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  return {
    ...(system === undefined ? {} : { os: [system] }),
    cpu: [processor],
    ...(system === 'linux' ? { libc: [libc] } : {}),
  };
};

/** The places where `name` may stand in the lock file for a package at `location`, nearest first. */
const placesOf = (name: string, location: string): string[] => {
  const places: string[] = [];
  for (let at = location; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    places.push(`${at}/node_modules/${name}`);
  }
  return [...places, `node_modules/${name}`];
};

/** The entries that the lock file lacks, by their place in it. */
export const missingEntries = (lock: LockFile): Record<string, LockEntry> => {
  const missing: Record<string, LockEntry> = {};
  for (const [location, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (placesOf(name, location).some((place) => place in lock.packages)) continue;
      const flags = entry.dev === true ? { dev: true, optional: true } : { optional: true };
      missing[`node_modules/${name}`] = { version, ...flags, ...platformOf(name) };
    }
  }
  return missing;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile;
  const packages = { ...lock.packages, ...missingEntries(lock) };
  const sorted = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync('package-lock.json', `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
}
