/** Certificates (X.509 with keys on P-256): made, signed and told apart. Texts in PEM. */
export interface Certificates {
  /** A new key with a certificate that signs itself, and may sign those of others. */
  createAuthority(name: string, valid: Validity): KeyedCertificate;
  /** A new key with a certificate that the authority has signed; one that signs itself without. @throws Error when the authority is none. */
  issue(names: CertificateNames, valid: Validity, authority?: KeyedCertificate): KeyedCertificate;
  /** What tells it from all others: `sha256:` and the hash of its DER in hexadecimal. @throws Error when it is no certificate. */
  fingerprint(certificate: string): string;
}

export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Milliseconds since the epoch; whole seconds count. */
export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Who a certificate is made out to. */
export interface CertificateNames {
  /** For people. */
  readonly subject: string;
  readonly uris?: readonly string[];
  readonly hosts?: readonly string[];
}
