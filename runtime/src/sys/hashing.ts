/** Cryptographic digests. */
export interface Hashing {
  /** Lower-case hexadecimal. */
  sha256(bytes: Uint8Array): string;
  /** Compares in a time that does not tell how much of the secret is right. */
  equalSecrets(given: string, secret: string): boolean;
}
