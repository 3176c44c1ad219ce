import type { z } from 'zod';
import { checkedText, text } from './field.ts';

/** An address with one of these schemes, without credentials in it: those belong into a Secret, never into a manifest. */
export const webAddress = (schemes: readonly string[]): z.ZodString => {
  const named = schemes.map((scheme) => `${scheme}://`);
  const expected = `an address that starts with ${named.join(' or ')}`;
  const base = text(2048, new RegExp(`^(?:${schemes.join('|')})://[^\\s]+$`), expected);
  return checkedText(
    base,
    (value) =>
      /^[^/]*\/\/[^/?#]*@/.test(value)
        ? {
            found: 'an address with a user or password in it',
            hint: 'Remove what stands before the @ and keep it in a Secret: manifests are no place for credentials.',
          }
        : undefined,
    "!self.matches('^[^/]*//[^/?#]*@')",
  );
};
