/** DER, as far as certificates need it: each value is a tag, a length and its content, and a constructed one contains others. */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A tag whose meaning the place decides. */
export const contextTag = (number: number, isConstructed: boolean): number =>
  0x80 | (isConstructed ? 0x20 : 0) | number;

const lengthOf = (length: number): readonly number[] => {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
};

export const der = (tag: number, ...contents: readonly Uint8Array[]): Uint8Array => {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  return Buffer.concat([Uint8Array.of(tag, ...lengthOf(length)), ...contents]);
};

export const derText = (tag: number, text: string): Uint8Array => der(tag, Buffer.from(text, 'utf8'));

/** An object identifier such as 2.5.4.3. */
export const derObject = (dotted: string): Uint8Array => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [40 * first + second, ...rest].flatMap((arc) => {
    const septets = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      septets.unshift(0x80 | (left % 128));
    return septets;
  });
  return der(derTag.objectIdentifier, Uint8Array.from(bytes));
};

/** A moment: years that two digits cannot say have a form of their own. */
export const derTime = (timeMs: number): Uint8Array => {
  const text = `${new Date(timeMs).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return text < '2050' ? derText(derTag.utcTime, text.slice(2)) : derText(derTag.generalizedTime, text);
};

/** The values inside of a constructed one, each with its tag and length. @throws Error when it is cut off. */
export const derParts = (value: Uint8Array): readonly Uint8Array[] => {
  const parts: Uint8Array[] = [];
  for (let at = contentOf(value, 0).start; at < value.length; ) {
    const { end } = contentOf(value, at);
    parts.push(value.subarray(at, end));
    at = end;
  }
  return parts;
};

const contentOf = (bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } => {
  const first = bytes[at + 1] ?? 0;
  const more = first < 0x80 ? 0 : first - 0x80;
  const start = at + 2 + more;
  const length =
    more === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  if (start + length > bytes.length) throw new Error('The certificate is cut off.');
  return { start, end: start + length };
};
