/** A value of JSON. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const isMapping = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same text for the same value of JSON, whatever the order of its fields. */
export const canonicalText = (value: unknown): string =>
  JSON.stringify(value, (_name, part: Json) =>
    isMapping(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  ) ?? '';
