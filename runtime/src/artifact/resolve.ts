import { registerHooks } from 'node:module';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** The file of this runtime behind an import of `millrace` or one of its subpaths. */
const ownModule = (specifier: string): string => {
  const subpath = specifier === 'millrace' ? '' : `${specifier.slice('millrace/'.length)}/`;
  return new URL(`../${subpath}index.${extension}`, import.meta.url).href;
};

/**
 * Makes `import 'millrace'` in frozen jobs mean this very runtime, wherever the job lies: a job never runs with another copy,
 * and a bare file needs no installed package. Once a thread; harmless when called again.
 */
export const resolveMillraceToThisRuntime = (): void => {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'millrace' || specifier.startsWith('millrace/')
        ? { url: ownModule(specifier), shortCircuit: true }
        : next(specifier, context),
  });
};
