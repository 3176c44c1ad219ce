import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith } from './folder.ts';

const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/** Imports a module of a folder of its own, in a fresh process, and tells what it exports or why it failed. */
const importing = (text: string): Promise<string> => {
  const folder = folderWith({
    'job.mjs': text,
    'start.ts': `
      import { resolveMillraceToThisRuntime } from ${source('artifact/resolve.ts')};
      import { loadJob } from ${source('artifact/load.ts')};
      import { count } from ${source('index.ts')};
      resolveMillraceToThisRuntime();
      resolveMillraceToThisRuntime();
      try {
        const job = await loadJob(new URL('job.mjs', import.meta.url).pathname);
        process.stdout.write(String(job({ count }, {})));
      } catch (error) {
        process.stdout.write([error.code, error.message, error.hint].join(' | '));
      }
    `,
  });
  // No condition of ours: an installed job has none either.
  return new Promise((done) => {
    execFile(process.execPath, [join(folder, 'start.ts')], (_error, out, errors) => done(out + errors));
  });
};

describe('what a job imports of Millrace', () => {
  it('is this very runtime, also from a folder without packages', async () => {
    const text = "import { count } from 'millrace';\nexport default (env) => env.count === count;\n";
    expect(await importing(text)).toBe('true');
  });

  it('may be a connector or the testing tools', async () => {
    const text =
      "import { print } from 'millrace/connectors/print';\nimport { executeAndCollect } from 'millrace/testing';\n" +
      'export default () => typeof print + typeof executeAndCollect;\n';
    expect(await importing(text)).toBe('functionfunction');
  });

  it.each(['millrace/connectors/kafka', 'millrace/state', 'millrace/connectors/../cli', 'millrace/'])(
    'is refused by name when it is none of it: %s',
    async (specifier) => {
      const told = await importing(`import '${specifier}';\nexport default () => 0;\n`);
      expect(told).toContain(
        `job-invalid | There is no ${specifier} in this version of Millrace. | Import millrace`,
      );
    },
  );

  it('leaves other imports alone', async () => {
    expect(await importing("import { sep } from 'node:path';\nexport default () => sep;\n")).toBe('/');
    expect(await importing("import 'not-installed';\nexport default () => 0;\n")).toContain(
      "Cannot find package 'not-installed'",
    );
  });
});
