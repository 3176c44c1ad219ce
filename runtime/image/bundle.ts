import { globSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

export interface BundleContent {
  /** Modules of `dist` that are started, or imported by jobs; a `*` stands for any name. */
  readonly entries: readonly string[];
  /** Where the parts lie that entries share. */
  readonly parts: string;
  /** Packages that stay beside the bundle, since they bring programs and native code. */
  readonly apart: readonly string[];
}

/** Packages of CommonJS ask for modules of Node by `require`, which modules do not have. */
const banner = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`;

const packageOf = (path: string): string => path.split('/', path.startsWith('@') ? 2 : 1).join('/');

/**
 * Bundles built modules with the packages that they import: the entries stay where they are, and share parts that lie one folder deep, as
 * modules do that look for an entry by its place. A process loads some twenty files of what is needed in place of a thousand.
 * Names and lines stay as they were built, so that stacks can be read. Gives those of `apart` that are imported.
 */
export const bundle = (
  dist: string,
  { entries, parts, apart }: BundleContent,
  target: string,
): readonly string[] => {
  const entryPoints = entries.flatMap((pattern) => globSync(pattern, { cwd: dist })).toSorted();
  const { metafile } = buildSync({
    entryPoints,
    absWorkingDir: dist,
    outbase: dist,
    outdir: target,
    bundle: true,
    splitting: true,
    chunkNames: join(parts, '[name]-[hash]'),
    format: 'esm',
    platform: 'node',
    target: 'node22',
    external: [...apart, 'millrace', 'millrace/*'],
    legalComments: 'linked',
    banner: { js: banner },
    metafile: true,
    logLevel: 'error',
  });
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.map(({ path }) => packageOf(path)),
  );
  return apart.filter((name) => imported.includes(name));
};
