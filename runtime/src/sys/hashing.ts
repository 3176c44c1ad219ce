/** Digests, and a checksum. */
export interface Hashing {
  /** Lower-case hexadecimal. */
  sha256(bytes: Uint8Array): string;
  /** CRC-32 as in zip files, unsigned. `previous` = the checksum of the bytes before these. */
  crc32(bytes: Uint8Array, previous?: number): number;
  /** Compares in a time that does not tell how much of the secret is right. */
  equalSecrets(given: string, secret: string): boolean;
}
