/** The certificates in the folder of this name, as settings of a socket. */
import { readFileSync } from 'node:fs';
import type { TlsSettings } from '../../src/sys/net.ts';

const read = (name: string): string =>
  readFileSync(new URL(`./certificates/${name}`, import.meta.url), 'utf8');

/** Who the certificates named `job` and `stranger` are made out to. */
export const identityOfJob = 'job-of-tests';

/** Shows a certificate, and believes peers that the authority of the tests has signed. */
export const tlsOf = (
  name: 'job' | 'other-job' | 'stranger',
  peerIdentity: string = identityOfJob,
): TlsSettings => ({
  certificate: read(`${name}.pem`),
  key: read(`${name}.key`),
  authority: read('authority.pem'),
  peerIdentity,
});
