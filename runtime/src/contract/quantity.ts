import { MillraceError } from './errors.ts';

const factors: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Sizes as Kubernetes writes them, without its exponents and its thousandths of bytes. Also a pattern of the CRD. */
export const quantityPattern: RegExp = /^(\d{1,15}(?:\.\d{1,3})?)(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$/;

/** Processors as Kubernetes writes them: `2`, `0.5` or `500m`. Also a pattern of the CRD. */
export const cpuPattern: RegExp = /^(\d{1,6}(?:\.\d{1,3})?|\d{1,9}m)$/;

const likelyUnits: Readonly<Record<string, string>> = { k: 'Ki', m: 'Mi', g: 'Gi', t: 'Ti', p: 'Pi' };

/** What to do about a text that is no size, or undefined when it is one. `512MB`, `2gb`, `1 Gi` are what people write. */
export const quantityHint = (text: string): string | undefined => {
  if (quantityPattern.test(text)) return undefined;
  const [, amount, letter] = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp])i?b?\s*$/i.exec(text) ?? [];
  const unit = likelyUnits[letter?.toLowerCase() ?? ''];
  const meant = `${amount}${unit}`;
  if (unit !== undefined && quantityPattern.test(meant)) return `Did you mean ${meant}?`;
  return 'Write a number with Ki, Mi, Gi or Ti (powers of 1024), or k, M, G or T (powers of 1000).';
};

/** What to do about a number of bytes that is too small to be meant as one. */
export const missingUnit = (amount: string): string => `Add the unit: ${amount}Mi, or ${amount}Gi.`;

/** Bytes of a size, rounded up to whole ones; NaN when the text is none, and a number that is not safe when it is absurd. */
export const quantityOf = (text: string): number => {
  const [, amount, unit = ''] = quantityPattern.exec(text) ?? [];
  return amount === undefined ? Number.NaN : Math.ceil(Number(amount) * (factors[unit] ?? Number.NaN));
};

/**
 * Bytes of a size such as `512Mi` or `1.5G`, rounded up to whole ones.
 * @throws MillraceError manifest-invalid when the text is no size, or one of more bytes than can be counted.
 */
export const parseQuantity = (text: string): number => {
  const bytes = quantityOf(text);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new MillraceError('manifest-invalid', `${JSON.stringify(text.slice(0, 60))} is not a size.`, {
    hint: quantityHint(text) ?? 'Write a smaller one: nothing has so many bytes.',
  });
};

/**
 * Processors of a text such as `2` or `500m`.
 * @throws MillraceError manifest-invalid when it is no such number.
 */
export const parseCpu = (text: string): number => {
  if (cpuPattern.test(text)) return text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text);
  throw new MillraceError(
    'manifest-invalid',
    `${JSON.stringify(text.slice(0, 60))} is not a number of processors.`,
    {
      hint: 'Write "2" for two processors, "500m" for half of one.',
    },
  );
};
