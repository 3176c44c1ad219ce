import type { z } from 'zod';
import { about, block, checkedText, inCel, oneOf, type Rule, text, type Written } from './field.ts';
import { objectName } from './names.ts';
import { webAddress } from './web-address.ts';

/** Where the code of a job is delivered from on a cluster. A local run reads the files beside the manifest and says that it ignores this. */
export interface JobCode {
  readonly image?: string | undefined;
  readonly bundle?: { readonly url: string; readonly sha256: string } | undefined;
  readonly configMap?: { readonly name: string } | undefined;
}

/** What runs: a program (`entry`) or a query (`sql`). */
export interface Job {
  readonly entry?: string | undefined;
  readonly sql?: string | undefined;
  readonly code?: JobCode | undefined;
}

export type JobInput = Written<Job>;

const entryBase = text(512, undefined, 'a relative path to a .ts, .mts, .js or .mjs file, without ..');

const entryPath = (): z.ZodString =>
  checkedText(
    entryBase,
    (path) => {
      if (/^[a-z][a-z0-9+.-]*:/i.test(path))
        return { hint: 'Give the path of a file; code from elsewhere is named by spec.job.code.' };
      if (path.startsWith('/'))
        return { hint: 'Give the path relative to the manifest, without the leading /.' };
      if (path.includes('\\')) return { hint: 'Separate folders by /, on every system.' };
      if (path.split('/').includes('..'))
        return { hint: 'Move the manifest to a folder that holds the code.' };
      if (path.includes('\0')) return {};
      return /\.m?[jt]s$/.test(path)
        ? undefined
        : { hint: 'The entry is the module whose default export builds the job.' };
    },
    String.raw`self.matches('[.]m?[jt]s$') && !self.matches('^[A-Za-z][A-Za-z0-9+.-]*:|^/|[\\\\]|[\\x00]|(^|/)[.][.](/|$)')`,
  );

const codeSchema: z.ZodType<JobCode, Written<JobCode>> = block(
  {
    image: text(512, /^[a-zA-Z0-9][\w.\-/:@]*$/, 'the name of a container image')
      .optional()
      .meta(
        about(
          'switch-over',
          'A container image that holds the code in its working directory; best named by digest.',
          {
            absent: 'the code does not come from an image',
          },
        ),
      ),
    bundle: block({
      url: webAddress(['http', 'https', 's3']).meta(
        about('switch-over', 'Where the bundle, a .tar.gz or .tgz file, is found.'),
      ),
      sha256: text(64, /^[0-9a-f]{64}$/, 'a sha256 sum of 64 lower-case hexadecimal digits').meta(
        about('switch-over', 'The sha256 sum of the bundle; another content is refused.'),
      ),
    })
      .optional()
      .meta(
        about(
          'switch-over',
          'An archive that holds the code, with the sum that tells that it is the right one.',
          {
            absent: 'the code does not come from a bundle',
          },
        ),
      ),
    configMap: block({
      name: objectName().meta(
        about('switch-over', 'The name of the ConfigMap, in the namespace of the job.'),
      ),
    })
      .optional()
      .meta(
        about('switch-over', 'A ConfigMap that holds the code, one file a key: for small jobs.', {
          absent: 'the code does not come from a ConfigMap',
        }),
      ),
  },
  oneOf(['image', 'bundle', 'configMap'], 0),
);

/** The field exists from the start, so that it is told apart from a typing error. */
const sqlIsToCome: Rule = inCel(
  (job) =>
    job['sql'] === undefined
      ? []
      : [
          {
            path: ['sql'],
            message: 'spec.job.sql is not supported yet',
            expected: 'spec.job.entry',
            found: 'spec.job.sql',
            hint: 'Write the query as a program and name its file by spec.job.entry.',
          },
        ],
  { rule: '!has(self.sql)', message: 'spec.job.sql is not supported yet' },
);

export const jobSchema: z.ZodType<Job, JobInput> = block(
  {
    entry: entryPath()
      .optional()
      .meta(
        about(
          'switch-over',
          'The module whose default export builds the job: its path in the delivered code, or relative to the manifest when run locally.',
          {
            absent: 'the job is given by sql',
            alsoKnownAs: ['entrypoint', 'entryPoint', 'entryClass', 'main', 'file', 'script', 'jarURI'],
          },
        ),
      ),
    sql: text(65_536)
      .optional()
      .meta(
        about('switch-over', 'The statements that make up the job. Not supported yet: refused by name.', {
          absent: 'the job is given by entry',
          alsoKnownAs: ['query'],
        }),
      ),
    code: codeSchema.optional().meta(
      about(
        'switch-over',
        'Where a cluster gets the code from: an image, a bundle or a ConfigMap. Ignored by a local run.',
        {
          absent: 'the code lies beside the manifest, which only a local run can read',
        },
      ),
    ),
  },
  oneOf(['entry', 'sql']),
  sqlIsToCome,
);
