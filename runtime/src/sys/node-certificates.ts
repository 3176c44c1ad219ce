import type { KeyObject } from 'node:crypto';
import type { CertificateNames, Certificates, KeyedCertificate, Validity } from './certificates.ts';
import { contextTag, der, derObject, derParts, derTag, derText, derTime } from './der.ts';

/** Loaded at need: few processes make certificates, and none many. */
const loadCrypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

const object = {
  commonName: derObject('2.5.4.3'),
  ecdsaWithSha256: derObject('1.2.840.10045.4.3.2'),
  subjectKeyIdentifier: derObject('2.5.29.14'),
  keyUsage: derObject('2.5.29.15'),
  alternativeNames: derObject('2.5.29.17'),
  basicConstraints: derObject('2.5.29.19'),
  authorityKeyIdentifier: derObject('2.5.29.35'),
  extendedKeyUsage: derObject('2.5.29.37'),
  serverAuthentication: derObject('1.3.6.1.5.5.7.3.1'),
  clientAuthentication: derObject('1.3.6.1.5.5.7.3.2'),
};

const { sequence, octetString, bitString, integer } = derTag;
const yes = der(derTag.boolean, Uint8Array.of(0xff));
const signatureAlgorithm = der(sequence, object.ecdsaWithSha256);
/** Bits of the usages: the first number says how many of the last byte are none. */
const signsCertificates = Uint8Array.of(1, 0b0000_0110);
const signsMessages = Uint8Array.of(7, 0b1000_0000);
const serialLength = 16;
/** SHA-256 of the key, of which so much tells keys apart (RFC 7093). */
const keyIdentifierLength = 20;

const nameOf = (commonName: string): Uint8Array =>
  der(sequence, der(derTag.set, der(sequence, object.commonName, derText(derTag.utf8String, commonName))));

const extension = (id: Uint8Array, isCritical: boolean, value: Uint8Array): Uint8Array =>
  der(sequence, id, ...(isCritical ? [yes] : []), der(octetString, value));

const keyIdentifier = (publicKey: Uint8Array): Uint8Array =>
  loadCrypto().createHash('sha256').update(publicKey).digest().subarray(0, keyIdentifierLength);

const whatAuthoritiesMay = (): readonly Uint8Array[] => [
  extension(object.basicConstraints, true, der(sequence, yes, der(integer, Uint8Array.of(0)))),
  extension(object.keyUsage, true, der(bitString, signsCertificates)),
];

const whatOthersMay = ({ uris = [], hosts = [] }: CertificateNames): readonly Uint8Array[] => [
  extension(object.basicConstraints, true, der(sequence)),
  extension(object.keyUsage, true, der(bitString, signsMessages)),
  extension(
    object.extendedKeyUsage,
    false,
    der(sequence, object.serverAuthentication, object.clientAuthentication),
  ),
  extension(
    object.alternativeNames,
    false,
    der(
      sequence,
      ...uris.map((uri) => derText(contextTag(6, false), uri)),
      ...hosts.map((host) => derText(contextTag(2, false), host)),
    ),
  ),
];

interface Issuer {
  readonly name: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly key: KeyObject;
}

/** The fields of a certificate: version, number, algorithm, issuer, validity, subject, public key, extensions. */
const issuerOf = ({ certificate, key }: KeyedCertificate): Issuer => {
  const crypto = loadCrypto();
  const [fields] = derParts(new crypto.X509Certificate(certificate).raw);
  const [, , , , , name, publicKey] = derParts(fields as Uint8Array);
  return {
    name: name as Uint8Array,
    publicKey: publicKey as Uint8Array,
    key: crypto.createPrivateKey(key),
  };
};

const serialNumber = (): Uint8Array => {
  const bytes = loadCrypto().randomBytes(serialLength);
  // Neither negative nor with zeros in front.
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return der(integer, bytes);
};

const pemOf = (certificate: Uint8Array): string => {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
};

const create = (
  subject: string,
  { fromMs, untilMs }: Validity,
  mays: readonly Uint8Array[],
  authority: KeyedCertificate | undefined,
): KeyedCertificate => {
  const crypto = loadCrypto();
  const own = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = own.publicKey.export({ type: 'spki', format: 'der' });
  const name = nameOf(subject);
  const issuer = authority === undefined ? { name, publicKey, key: own.privateKey } : issuerOf(authority);
  const extensions = [
    ...mays,
    extension(object.subjectKeyIdentifier, false, der(octetString, keyIdentifier(publicKey))),
    extension(
      object.authorityKeyIdentifier,
      false,
      der(sequence, der(contextTag(0, false), keyIdentifier(issuer.publicKey))),
    ),
  ];
  const fields = der(
    sequence,
    der(contextTag(0, true), der(integer, Uint8Array.of(2))),
    serialNumber(),
    signatureAlgorithm,
    issuer.name,
    der(sequence, derTime(fromMs), derTime(untilMs)),
    name,
    publicKey,
    der(contextTag(3, true), der(sequence, ...extensions)),
  );
  const signature = crypto.sign('sha256', fields, issuer.key);
  return {
    certificate: pemOf(
      der(sequence, fields, signatureAlgorithm, der(bitString, Uint8Array.of(0), signature)),
    ),
    key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
};

/** By the cryptography of the platform; DER is written here, since it only reads certificates. */
export const nodeCertificates: Certificates = {
  createAuthority: (name, valid) => create(name, valid, whatAuthoritiesMay(), undefined),
  issue: (names, valid, authority) => create(names.subject, valid, whatOthersMay(names), authority),
  fingerprint: (certificate) => {
    const { createHash, X509Certificate } = loadCrypto();
    return `sha256:${createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex')}`;
  },
};
