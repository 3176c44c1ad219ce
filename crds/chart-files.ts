import { stringify } from 'yaml';
import { type Right, rights } from '../operator/src/kube/rights.ts';

/** A rule of a Role. */
const ruleOf = ({ type, subresource, verbs }: Right): object => ({
  apiGroups: [type.group],
  resources: [subresource === undefined ? type.plural : `${type.plural}/${subresource}`],
  verbs,
});

const rulesText = (chosen: readonly Right[]): string => stringify(chosen.map(ruleOf), { indentSeq: false });

/** The rules of the operator's Roles: in the namespaces of jobs, and in its own. */
export const rulesOfJobs = (): string => rulesText(rights.filter(({ atHome }) => atHome !== true));
export const rulesAtHome = (): string => rulesText(rights.filter(({ atHome }) => atHome === true));
