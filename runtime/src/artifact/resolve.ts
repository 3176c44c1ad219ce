import { registerHooks } from 'node:module';
import { MillraceError } from '../contract/errors.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** The file of this runtime behind an import of `millrace` or one of its subpaths. */
const ownModule = (specifier: string): string => {
  const subpath = specifier === 'millrace' ? '' : `${specifier.slice('millrace/'.length)}/`;
  return new URL(`../${subpath}index.${extension}`, import.meta.url).href;
};

/** What an import of `millrace` may name: the package's exports. */
const isExported = (specifier: string): boolean =>
  /^millrace(?:\/testing|\/connectors\/[\w-]+)?$/.test(specifier);

const unknownModule = (specifier: string): MillraceError =>
  new MillraceError('job-invalid', `There is no ${specifier} in this version of Millrace.`, {
    hint: 'Import millrace, millrace/testing or one of millrace/connectors/…: look at the spelling.',
  });

/**
 * Makes `import 'millrace'` in frozen jobs mean this very runtime, wherever the job lies: a job never runs with another copy,
 * and a bare file needs no installed package. Once a thread; harmless when called again.
 */
export const resolveMillraceToThisRuntime = (): void => {
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier !== 'millrace' && !specifier.startsWith('millrace/')) return next(specifier, context);
      if (!isExported(specifier)) throw unknownModule(specifier);
      try {
        return { ...next(ownModule(specifier), context), shortCircuit: true };
      } catch (error) {
        if ((error as { readonly code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
        throw unknownModule(specifier);
      }
    },
  });
};
