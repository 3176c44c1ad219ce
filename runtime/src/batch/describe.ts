/** Text about values for error messages. */

/** Integers of more bits than this are not written out. */
const writtenBits = 1024;

/** Values nested deeper than this are not shown. */
const deepest = 8;

/** Collects text up to a length and then takes no more. */
class LimitedText {
  text = '';
  private readonly maxLength: number;

  constructor(maxLength: number) {
    this.maxLength = maxLength;
  }

  get isFull(): boolean {
    return this.text.length > this.maxLength;
  }

  add(part: string): void {
    if (!this.isFull) this.text += part;
  }

  finish(): string {
    if (!this.isFull) return this.text;
    const cut = this.text.slice(0, Math.max(0, this.maxLength - 1));
    // A surrogate pair is not cut in two.
    return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
  }

  /** Room that is left, in characters; a little more than can be shown. */
  get room(): number {
    return this.maxLength + 2 - this.text.length;
  }
}

const describeList = (
  members: Iterable<unknown>,
  [open, close]: readonly [string, string],
  write: (member: unknown) => void,
  output: LimitedText,
): void => {
  output.add(open);
  let first = true;
  for (const member of members) {
    if (output.isFull) return;
    if (!first) output.add(', ');
    first = false;
    write(member);
  }
  output.add(close);
};

const describeFields = (value: object, output: LimitedText, above: readonly object[]): void => {
  describeList(
    Object.keys(value),
    ['{', '}'],
    (key) => {
      const name = String(key);
      const descriptor = Object.getOwnPropertyDescriptor(value, name);
      output.add(`${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name.slice(0, output.room))}: `);
      // A getter is the user's code: it is not run for a message.
      if (descriptor === undefined || !('value' in descriptor)) output.add('[getter]');
      else describe(descriptor.value, output, above);
    },
    output,
  );
};

const describeBytes = (bytes: Uint8Array, output: LimitedText): void => {
  const shown = bytes.subarray(0, Math.max(0, output.room));
  const digits = Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join('');
  output.add(`bytes(${bytes.length}) ${digits}`);
};

const describeTime = (date: Date, output: LimitedText): void => {
  const timeMs = Date.prototype.getTime.call(date);
  output.add(Number.isNaN(timeMs) ? 'Date(invalid)' : `Date(${new Date(timeMs).toISOString()})`);
};

const describeError = (error: Error, output: LimitedText): void => {
  const message: unknown = Object.getOwnPropertyDescriptor(error, 'message')?.value;
  output.add(`Error: ${typeof message === 'string' ? message.slice(0, output.room) : ''}`);
};

const describeObject = (value: object, output: LimitedText, above: readonly object[]): void => {
  const inside = [...above, value];
  const write = (member: unknown): void => describe(member, output, inside);
  const writeEntry = (entry: unknown): void => {
    const [key, held] = entry as readonly [unknown, unknown];
    write(key);
    output.add(' => ');
    write(held);
  };
  // Methods come from the built-in prototypes: those of the value may be the user's.
  if (above.includes(value)) output.add('[circular]');
  else if (above.length > deepest) output.add('[…]');
  else if (Array.isArray(value)) describeList(value, ['[', ']'], write, output);
  else if (value instanceof Date) describeTime(value, output);
  else if (value instanceof Uint8Array) describeBytes(value, output);
  else if (value instanceof Map)
    describeList(Map.prototype.entries.call(value), ['Map{', '}'], writeEntry, output);
  else if (value instanceof Set) describeList(Set.prototype.values.call(value), ['Set{', '}'], write, output);
  else if (value instanceof Error) describeError(value, output);
  else describeFields(value, output, inside);
};

const describeScalar = (value: unknown, room: number): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > room ? value.slice(0, room) : value);
    case 'bigint':
      return BigInt.asIntN(writtenBits, value) === value ? `${value}n` : '[huge bigint]';
    case 'function':
      return '[function]';
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
};

const describe = (value: unknown, output: LimitedText, above: readonly object[]): void => {
  if (output.isFull) return;
  if (typeof value === 'object' && value !== null) describeObject(value, output, above);
  else output.add(describeScalar(value, output.room));
};

/**
 * A value as one line of text for a message, at most `maxLength` characters. Never runs code of the value (`toString`,
 * `toJSON`, getters), never throws, takes time by what is shown and not by what is there.
 */
export const describeValue = (value: unknown, maxLength: number): string => {
  const output = new LimitedText(maxLength);
  try {
    describe(value, output, []);
  } catch {
    // Only a proxy that throws gets here.
    output.add('[unreadable]');
  }
  return output.finish();
};
