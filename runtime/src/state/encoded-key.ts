import { ByteReader, ByteWriter, decodeValue, encodeValue } from '../batch/codec.ts';
import { equalValues } from '../batch/values.ts';

/** The value that these bytes encode. */
export const keyFromBytes = (bytes: Uint8Array, start: number, end: number): unknown =>
  decodeValue(new ByteReader(bytes, start, end));

/** A key that is no string, as bytes. One object for many keys, one after the other. */
export class EncodedKey {
  private readonly writer: ByteWriter = new ByteWriter(256);
  private key: unknown;
  private bytes: Uint8Array = new Uint8Array(0);

  get length(): number {
    return this.bytes.length;
  }

  /** @throws MillraceError value-unsupported when the key lies outside the value domain */
  encode(key: unknown): void {
    this.key = key;
    this.writer.reset();
    // Adding 0 makes 0 of −0, which is the same key.
    encodeValue(typeof key === 'number' ? key + 0 : key, this.writer);
    this.bytes = this.writer.view();
  }

  copyTo(target: Uint8Array, at: number): void {
    const { bytes } = this;
    for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i]!;
  }

  /**
   * Whether the bytes in [start, end) encode an equal key. Equal keys mostly have equal bytes; those that do not (fields in
   * another order, say) are compared as values.
   */
  equals(other: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this;
    if (end - start === bytes.length) {
      let i = 0;
      while (i < bytes.length && bytes[i] === other[start + i]) i++;
      if (i === bytes.length) return true;
    }
    return typeof this.key === 'object' && equalValues(keyFromBytes(other, start, end), this.key);
  }
}
