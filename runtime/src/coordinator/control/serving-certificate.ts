import { join } from 'node:path';
import type { System } from '../../sys/system.ts';

/** It lives as long as its pod, and is known by its fingerprint alone. */
const validForMs = 10 * 365 * 24 * 3_600_000;
/** Of clocks that go differently. */
const skewMs = 24 * 3_600_000;

/**
 * Makes a key and a certificate for a control API into a directory (`tls.key`, `tls.crt`), and gives the certificate's fingerprint: told
 * to the operator by a way that nobody else can write to, it is all that must be known of it.
 */
export const makeServingCertificate = (
  { certificates, files, clock }: Pick<System, 'certificates' | 'files' | 'clock'>,
  directory: string,
): string => {
  const nowMs = clock.nowMs();
  const names = { subject: 'millrace-coordinator', hosts: ['millrace-coordinator'] };
  const { certificate, key } = certificates.issue(names, {
    fromMs: nowMs - skewMs,
    untilMs: nowMs + validForMs,
  });
  files.makeDirectory(directory);
  for (const [name, text] of Object.entries({ 'tls.key': key, 'tls.crt': certificate })) {
    const file = files.open(join(directory, name), 'write');
    file.write(new TextEncoder().encode(text));
    file.close();
  }
  return certificates.fingerprint(certificate);
};
