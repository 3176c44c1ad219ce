import { Byte, createJsonStringClasses, skipUtf8Sequence } from './byte-classes.ts';

const isDigit = (byte: number): boolean => byte >= Byte.zero && byte <= Byte.nine;

const isHex = (byte: number): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

const isSpace = (byte: number): boolean =>
  byte === Byte.space || byte === Byte.tab || byte === Byte.carriageReturn;

/** Bytes that may follow a backslash, `u` excepted: " \ / b f n r t. */
const isSimpleEscape = (byte: number): boolean => {
  switch (byte) {
    case Byte.quote:
    case Byte.backslash:
    case Byte.slash:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    default:
      return false;
  }
};

const skipEscape = (bytes: Uint8Array, start: number): number => {
  const kind = bytes[start + 1]!;
  if (isSimpleEscape(kind)) return start + 2;
  if (kind !== 0x75) return -1;
  for (let i = 2; i < 6; i++) if (!isHex(bytes[start + i]!)) return -1;
  return start + 6;
};

const skipDigits = (bytes: Uint8Array, start: number): number => {
  let position = start;
  while (isDigit(bytes[position]!)) position++;
  return position;
};

const word = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Finds the end of JSON values in bytes, and accepts exactly what JSON.parse accepts. Every method takes the position of a
 * value's first byte and answers the position after its last one, or −1. A line feed counts as the end of everything, so
 * none looks past the line feed that must follow the data; white space within a line is blank, tab and carriage return.
 */
export class JsonBytes {
  private readonly classes = createJsonStringClasses();
  private readonly literals = { t: word('true'), f: word('false'), n: word('null') };
  /** Which containers are open around the position: 1 = object, 0 = array. Grows, so nesting has no limit. */
  private stack = new Uint8Array(64);

  skipSpace(bytes: Uint8Array, start: number): number {
    let position = start;
    while (isSpace(bytes[position]!)) position++;
    return position;
  }

  skipString(bytes: Uint8Array, start: number): number {
    const classes = this.classes;
    let position = start + 1;
    for (;;) {
      const byte = bytes[position]!;
      if (classes[byte] === 0) position++;
      else if (byte === Byte.quote) return position + 1;
      else {
        position = byte === Byte.backslash ? skipEscape(bytes, position) : this.skipWide(bytes, position);
        if (position < 0) return -1;
      }
    }
  }

  skipNumber(bytes: Uint8Array, start: number): number {
    let position = bytes[start] === Byte.minus ? start + 1 : start;
    if (bytes[position] === Byte.zero) position++;
    else {
      const end = skipDigits(bytes, position);
      if (end === position) return -1;
      position = end;
    }
    if (bytes[position] === Byte.dot) {
      const end = skipDigits(bytes, position + 1);
      if (end === position + 1) return -1;
      position = end;
    }
    if ((bytes[position]! | 0x20) === Byte.lowerE) {
      const sign = bytes[position + 1]!;
      const digits = sign === Byte.plus || sign === Byte.minus ? position + 2 : position + 1;
      const end = skipDigits(bytes, digits);
      if (end === digits) return -1;
      position = end;
    }
    return position;
  }

  /** `true`, `false` or `null`. */
  skipLiteral(bytes: Uint8Array, start: number): number {
    const first = bytes[start];
    const { t, f, n } = this.literals;
    const expected = first === t[0] ? t : first === f[0] ? f : n;
    for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return -1;
    return start + expected.length;
  }

  skipValue(bytes: Uint8Array, start: number): number {
    const first = bytes[start]!;
    if (first === Byte.openBrace || first === Byte.openBracket) return this.skipNested(bytes, start);
    return this.skipScalar(bytes, start);
  }

  private skipScalar(bytes: Uint8Array, start: number): number {
    const first = bytes[start]!;
    if (first === Byte.quote) return this.skipString(bytes, start);
    if (first === Byte.minus || isDigit(first)) return this.skipNumber(bytes, start);
    return this.skipLiteral(bytes, start);
  }

  private skipWide(bytes: Uint8Array, start: number): number {
    return bytes[start]! < 0x80 ? -1 : skipUtf8Sequence(bytes, start);
  }

  /** A key, its colon and the blanks around: the position of its value. */
  private skipKey(bytes: Uint8Array, start: number): number {
    if (bytes[start] !== Byte.quote) return -1;
    const end = this.skipString(bytes, start);
    if (end < 0) return -1;
    const colon = this.skipSpace(bytes, end);
    return bytes[colon] === Byte.colon ? this.skipSpace(bytes, colon + 1) : -1;
  }

  private push(depth: number, isObject: number): void {
    if (depth >= this.stack.length) {
      const larger = new Uint8Array(this.stack.length * 2);
      larger.set(this.stack);
      this.stack = larger;
    }
    this.stack[depth] = isObject;
  }

  /** Walks an array or object without recursion: each round enters or passes one value, then leaves what it closed. */
  private skipNested(bytes: Uint8Array, start: number): number {
    let position = start;
    let depth = 0;
    for (;;) {
      const first = bytes[position]!;
      if (first === Byte.openBrace || first === Byte.openBracket) {
        const isObject = first === Byte.openBrace;
        this.push(depth, isObject ? 1 : 0);
        depth++;
        position = this.skipSpace(bytes, position + 1);
        if (bytes[position] !== (isObject ? Byte.closeBrace : Byte.closeBracket)) {
          if (isObject) position = this.skipKey(bytes, position);
          if (position < 0) return -1;
          continue;
        }
      } else {
        position = this.skipScalar(bytes, position);
        if (position < 0) return -1;
      }
      position = this.leave(bytes, position, depth);
      if (position < 0) return -1;
      depth = this.depthLeft;
      if (depth === 0) return position;
    }
  }

  private depthLeft = 0;

  /**
   * After a value (or at the bracket that closes an empty container): closes what ends here and stands before the next
   * value. Sets `depthLeft`; at 0 the outermost value has ended.
   */
  private leave(bytes: Uint8Array, start: number, depth: number): number {
    let left = depth;
    let position = this.skipSpace(bytes, start);
    for (;;) {
      const isObject = this.stack[left - 1] === 1;
      const byte = bytes[position];
      if (byte === Byte.comma) {
        this.depthLeft = left;
        position = this.skipSpace(bytes, position + 1);
        return isObject ? this.skipKey(bytes, position) : position;
      }
      if (byte !== (isObject ? Byte.closeBrace : Byte.closeBracket)) return -1;
      left--;
      position++;
      if (left === 0) {
        this.depthLeft = 0;
        return position;
      }
      position = this.skipSpace(bytes, position);
    }
  }
}
