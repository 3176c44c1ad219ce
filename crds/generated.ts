/**
 * `crds` makes what Kubernetes is told about Millrace out of the contract: a *definition* of each kind, and a page about every field. A
 * *structural schema* is what the API server checks types by, CEL what it checks rules by.
 */
import { rulesAtHome, rulesOfJobs } from './chart-files.ts';
import { definitionText, keptDefinitionText, kinds } from './definition.ts';
import { fieldsPage } from './fields-page.ts';

/** Every file that is made, by its path from the top of the repository. */
export const generatedFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ...kinds.map((kind) => [`crds/${kind.plural}.millrace.dev.yaml`, definitionText(kind)] as const),
    ...kinds.map(
      (kind) => [`charts/millrace-crds/templates/${kind.plural}.yaml`, keptDefinitionText(kind)] as const,
    ),
    ['charts/millrace/files/rules-of-jobs.yaml', rulesOfJobs()],
    ['charts/millrace/files/rules-at-home.yaml', rulesAtHome()],
    ['crds/FIELDS.md', fieldsPage()],
  ]);
