import type { z } from 'zod';
import { anyText, inCel, isMapping, mapOf, type Rule, text } from './field.ts';
import { shorten } from './problem.ts';

/** A DNS-1123 label: names of volumes and containers. */
export const labelName = (): z.ZodString =>
  text(
    63,
    /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/,
    'a name of lower-case letters, digits and -, at most 63 characters',
  );

/** A DNS-1123 subdomain: names of ConfigMaps, Secrets and classes. */
export const objectName = (): z.ZodString =>
  text(
    253,
    /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/,
    'the name of a Kubernetes object: lower-case letters, digits, - and ., at most 253 characters',
  );

/** A key of a ConfigMap or Secret. */
export const dataKey = (): z.ZodString =>
  text(253, /^[-._a-zA-Z0-9]+$/, 'a key of letters, digits, -, _ and ., at most 253 characters');

const labelKey = (): z.ZodString =>
  text(
    317,
    /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    'a label name such as team or example.com/team',
  );

const labelValue = (): z.ZodString =>
  anyText(63)
    .regex(/^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/)
    .meta({ expected: 'a label value of letters, digits, -, _ and ., at most 63 characters' });

/** Labels, as Kubernetes has them. */
export const labels = (): z.ZodRecord<z.ZodString, z.ZodString> => mapOf(labelKey(), labelValue(), 64);

/** Annotations: names as of labels, values of any text. */
export const annotations = (maximumCharacters: number): z.ZodRecord<z.ZodString, z.ZodString> =>
  mapOf(labelKey(), anyText(maximumCharacters), 64);

/** The entries of what may be a list. */
export const entriesOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The `name` of what may be a mapping with one. */
export const nameOf = (value: unknown): string | undefined =>
  isMapping(value) && typeof value['name'] === 'string' ? value['name'] : undefined;

/** A rule of the mapping around a list: no two entries of one name. */
export const namesOnce = (field: string, hint?: string): Rule => {
  const check: Rule = (fields) => {
    const seen = new Set<string>();
    return entriesOf(fields[field]).flatMap((entry, index) => {
      const name = nameOf(entry);
      const again = name !== undefined && seen.has(name);
      if (name !== undefined) seen.add(name);
      return again
        ? [
            {
              path: [field, index, 'name'],
              expected: 'each name once',
              found: `${shorten(name, 60)} a second time`,
              hint,
            },
          ]
        : [];
    });
  };
  const other = `self.${field}.exists_one(two, has(two.name) && two.name == one.name)`;
  return inCel(check, {
    rule: `!has(self.${field}) || self.${field}.all(one, !has(one.name) || ${other})`,
    message: `expected each name once in ${field}`,
  });
};
