import { malformed } from './refusals.ts';
import { type DevObject, valueAt } from './values.ts';

export type Selector = (object: DevObject) => boolean;

/** Commas between requirements, not those inside of a set. */
const requirementsOf = (text: string): string[] =>
  text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

type Labels = Readonly<Record<string, string>>;

const requirement = (text: string): ((labels: Labels) => boolean) => {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, name = '', operator, values = ''] = set;
    const allowed = new Set(values.split(',').map((value) => value.trim()));
    return (labels) => allowed.has(labels[name] ?? '\0') === (operator === 'in');
  }
  const equality = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality !== null) {
    const [, name = '', operator, value] = equality;
    return (labels) => (labels[name] === value) === (operator !== '!=');
  }
  const existence = /^(!?)\s*([^\s=!(),]+)$/.exec(text);
  if (existence === null) throw malformed(`unable to parse requirement: ${JSON.stringify(text)}`);
  const [, not, name = ''] = existence;
  return (labels) => Object.hasOwn(labels, name) === (not === '');
};

/** As in `kubectl -l`; none selects everything. */
export const labelSelector = (text: string | undefined): Selector => {
  const requirements = requirementsOf(text ?? '').map(requirement);
  return ({ metadata }) => requirements.every((holds) => holds(metadata.labels ?? {}));
};

/** As in `kubectl --field-selector`: any field, equal or not. */
export const fieldSelector = (text: string | undefined): Selector => {
  const requirements = requirementsOf(text ?? '').map((part) => {
    const [, path = '', operator, value] = /^([\w.]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (operator === undefined) throw malformed(`invalid selector: ${JSON.stringify(part)}`);
    return (object: DevObject): boolean =>
      (String(valueAt(object, ...path.split('.')) ?? '') === value) === (operator !== '!=');
  });
  return (object) => requirements.every((holds) => holds(object));
};
