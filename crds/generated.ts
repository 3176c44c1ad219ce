/**
 * `crds` makes what Kubernetes is told about Millrace out of the contract: a *definition* of each kind, and a page about every field. A
 * *structural schema* is what the API server checks types by, CEL what it checks rules by.
 */
import { definitionText, kinds } from './definition.ts';
import { fieldsPage } from './fields-page.ts';

/** Every file that is made, by its path from the top of the repository. */
export const generatedFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ...kinds.map((kind) => [`crds/${kind.plural}.millrace.dev.yaml`, definitionText(kind)] as const),
    ['crds/FIELDS.md', fieldsPage()],
  ]);
