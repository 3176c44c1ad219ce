import { MillraceError } from '../contract/errors.ts';
import type { Hashing } from '../sys/hashing.ts';

/** What checks that bytes are those that were written. */
export type Checksum = Pick<Hashing, 'crc32'>;

/** What a sealed text is, for its first line and for messages. */
export interface Seal {
  /** The first word. */
  readonly name: string;
  /** The version that is written. A reader knows all up to its own. */
  readonly format: number;
  /** What the object is, as in “the log entry jobs/a/log/3”. */
  readonly what: string;
}

/** Where a text was found, for messages. */
export interface Found {
  readonly store: string;
  readonly key: string;
}

/** Larger ones are damaged or not ours, and reading them would take memory. */
export const largestSealedBytes: number = 64 * 1024 * 1024;
const longestFirstLine = 200;
const lineFeed = 10;

/** What an operator does about metadata that cannot be used. Never an empty start. */
const nextStep =
  'Bring the object back from a copy, or start from another checkpoint or savepoint: `millrace checkpoint verify` says which are whole.';

/** Metadata that cannot be used, and why. */
export const unusable = (what: string, { store, key }: Found, why: string, cause?: unknown): MillraceError =>
  new MillraceError('state-damaged', `The ${what} ${key} ${why}.`, {
    hint: nextStep,
    where: { store, key },
    ...(cause === undefined ? {} : { cause }),
  });

/** A text with a first line that tells what it is, in which format, and the CRC-32 of all that follows. */
export const sealText = ({ name, format }: Seal, text: string, checksum: Checksum): Uint8Array => {
  const rest = new TextEncoder().encode(text);
  const crc = checksum.crc32(rest).toString(16).padStart(8, '0');
  const first = new TextEncoder().encode(`${name} ${format} ${crc}\n`);
  const bytes = new Uint8Array(first.length + rest.length);
  bytes.set(first);
  bytes.set(rest, first.length);
  return bytes;
};

/** The text again. @throws MillraceError state-damaged when it is damaged, of another kind, or of a newer format */
export const unsealText = (seal: Seal, bytes: Uint8Array, found: Found, checksum: Checksum): string => {
  const refuse = (why: string): MillraceError => unusable(seal.what, found, why);
  if (bytes.length === 0) throw refuse('is empty');
  if (bytes.length > largestSealedBytes) throw refuse(`has ${bytes.length} bytes, more than any should`);
  const end = bytes.subarray(0, longestFirstLine).indexOf(lineFeed);
  const first = new TextDecoder().decode(bytes.subarray(0, Math.max(0, end)));
  const match = /^([a-z-]+) (\d{1,9}) ([0-9a-f]{8})$/.exec(first);
  if (match === null || match[1] !== seal.name)
    throw refuse(`is none: its first line is not that of a ${seal.what}`);
  const format = Number(match[2]);
  if (format > seal.format)
    throw new MillraceError(
      'state-damaged',
      `The ${seal.what} ${found.key} is of format ${format}, and this Millrace reads formats up to ${seal.format}.`,
      { hint: 'Run the version of Millrace that wrote it, or a newer one.', where: { ...found } },
    );
  const rest = bytes.subarray(end + 1);
  if (checksum.crc32(rest) !== Number.parseInt(match[3] as string, 16))
    throw refuse('is damaged or cut off: its bytes do not have the checksum in its first line');
  return new TextDecoder().decode(rest);
};
