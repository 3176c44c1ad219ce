/** The bytes that the scanners look for, by name. */
export const Byte = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  slash: 0x2f,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  upperE: 0x45,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  lowerE: 0x65,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** 0 for bytes that a JSON string may contain as they are: ASCII without controls, quote and backslash. */
export const createJsonStringClasses = (): Uint8Array => {
  const classes = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const plain = byte >= 0x20 && byte < 0x80 && byte !== Byte.quote && byte !== Byte.backslash;
    classes[byte] = plain ? 0 : 1;
  }
  return classes;
};

/**
 * The position after the UTF-8 sequence of several bytes that starts at `start`, or −1 when it is not valid: cut off,
 * overlong, a surrogate, or beyond U+10FFFF.
 */
export const skipUtf8Sequence = (bytes: Uint8Array, start: number): number => {
  const first = bytes[start]!;
  const second = bytes[start + 1]!;
  if (first < 0xc2 || first > 0xf4 || (second & 0xc0) !== 0x80) return -1;
  if (first < 0xe0) return start + 2;
  if ((bytes[start + 2]! & 0xc0) !== 0x80) return -1;
  if (first < 0xf0) {
    if (first === 0xe0 && second < 0xa0) return -1;
    if (first === 0xed && second > 0x9f) return -1;
    return start + 3;
  }
  if ((bytes[start + 3]! & 0xc0) !== 0x80) return -1;
  if (first === 0xf0 && second < 0x90) return -1;
  if (first === 0xf4 && second > 0x8f) return -1;
  return start + 4;
};
