import type { Right } from '../../operator/src/kube/rights.ts';
import type { AuditEvent } from '../harness/audit.ts';

/** What somebody asks an API server for: `patch streamjobs.millrace.dev/status`. */
const wordsOf = (verb: string, group: string, plural: string, subresource: string | undefined): string =>
  `${verb} ${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;

const askedBy = ({ verb, group, resource }: AuditEvent): string => {
  const [plural = '', subresource] = resource.split('/');
  return wordsOf(verb, group, plural, subresource);
};

/** How rights and use differ, each right as `verb resource.group/subresource`. */
export interface RightsUse {
  /** Refused, or asked for without a right that was declared. */
  readonly missing: readonly string[];
  /** Declared, and never asked for. */
  readonly unused: readonly string[];
}

const forbidden = 403;

/** Compares what may be asked for with what was. Questions about no kind (discovery, versions) need no right. Pure. */
export const rightsUse = (rights: readonly Right[], asked: readonly AuditEvent[]): RightsUse => {
  const declared = new Set(
    rights.flatMap(({ type, subresource, verbs }) =>
      verbs.map((verb) => wordsOf(verb, type.group, type.plural, subresource)),
    ),
  );
  const questions = asked.filter(({ resource }) => resource !== '');
  const used = new Set(questions.filter(({ code }) => code !== forbidden).map(askedBy));
  const refused = questions.filter(({ code }) => code === forbidden).map(askedBy);
  const undeclared = [...used].filter((words) => !declared.has(words));
  return {
    missing: [...new Set([...refused, ...undeclared])].toSorted(),
    unused: [...declared].filter((words) => !used.has(words)).toSorted(),
  };
};
