import { MillraceError } from '../../contract/errors.ts';
import type { GivenUp } from './retry.ts';
import { S3Failure } from './s3-failure.ts';

type Explanation = readonly [why: string, hint: string];

const full: Explanation = [
  'the store is full',
  'Make room in it: remove savepoints that nobody needs (millrace savepoint dispose), raise its quota, or give it more disk.',
];
const unknownKey: Explanation = [
  'it does not know the access key',
  'Check the access key id: it may be mistyped, revoked, or of another store.',
];
const wrongRegion: Explanation = [
  'the bucket is in another region',
  'Set spec.checkpoint.store.s3.region to the region of the bucket, and the endpoint to that of the region.',
];
const distrusted: Explanation = [
  'its certificate is not signed by an authority that is trusted here',
  'Name the authority in spec.checkpoint.store.s3.certificateAuthority.',
];
const away: Explanation = [
  'it does not answer',
  'Check that the store runs, and the endpoint and the network on the way to it.',
];
const noName: Explanation = ['its host name is not known', 'Check spec.checkpoint.store.s3.endpoint.'];
const busy: Explanation = [
  'it is too busy or not well',
  'Look at its log; give it more room if this happens often.',
];
const expired: Explanation = [
  'the session token has expired',
  'Renew the credentials; a Secret that changes is read again without a restart.',
];

const explanations: Readonly<Record<string, Explanation>> = {
  AccessDenied: [
    'these credentials may not do that',
    'Allow them s3:GetObject, s3:PutObject and s3:DeleteObject on the prefix, and s3:ListBucket on the bucket.',
  ],
  'HTTP 403': [
    'these credentials may not do that',
    'Check the credentials, their policy, and proxies on the way.',
  ],
  InvalidAccessKeyId: unknownKey,
  InvalidClientTokenId: unknownKey,
  SignatureDoesNotMatch: [
    'the secret access key does not fit the access key',
    'Check the secret access key: a space or line end too many is enough. A proxy that changes requests can be it too.',
  ],
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  InvalidIdentityToken: [
    'it does not accept the web identity token',
    'Check the role and its trust in the issuer of the token.',
  ],
  RequestTimeTooSkewed: [
    'the clock of this machine and that of the store are too far apart',
    'Set both clocks, best by NTP: 15 minutes is the most that S3 allows.',
  ],
  NoSuchBucket: [
    'there is no such bucket',
    'Create the bucket, or correct spec.checkpoint.store.s3.bucket: Millrace creates none.',
  ],
  InvalidBucketName: ['the name of the bucket is not valid', 'Correct spec.checkpoint.store.s3.bucket.'],
  XMinioStorageFull: full,
  XMinioAdminBucketQuotaExceeded: full,
  QuotaExceeded: full,
  EntityTooLarge: [
    'the object is too large for it',
    'Raise the limit of the store: 64 MiB is what Millrace needs.',
  ],
  AuthorizationHeaderMalformed: wrongRegion,
  PermanentRedirect: wrongRegion,
  MovedPermanently: wrongRegion,
  'HTTP 301': wrongRegion,
  NotImplemented: ['it lacks a part of S3 that is needed', 'Take a newer version of it, or another store.'],
  DEPTH_ZERO_SELF_SIGNED_CERT: distrusted,
  SELF_SIGNED_CERT_IN_CHAIN: distrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: distrusted,
  UNABLE_TO_GET_ISSUER_CERT: distrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: distrusted,
  CERT_HAS_EXPIRED: ['its certificate has expired', 'Renew the certificate of the store.'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for another host name',
    'Use a name of the certificate in the endpoint, or renew the certificate.',
  ],
  EPROTO: [
    'it does not speak TLS there',
    'Write http:// in spec.checkpoint.store.s3.endpoint, or turn TLS on at the store.',
  ],
  ECONNREFUSED: away,
  ECONNRESET: [
    'it ends connections before it has answered',
    'Look at its log, and at proxies on the way to it.',
  ],
  ETIMEDOUT: away,
  EHOSTUNREACH: away,
  ENETUNREACH: away,
  ENOTFOUND: noName,
  EAI_AGAIN: noName,
  SlowDown: busy,
  InternalError: busy,
  ServiceUnavailable: busy,
  'HTTP 429': busy,
  'HTTP 500': busy,
  'HTTP 502': busy,
  'HTTP 503': busy,
  'HTTP 504': busy,
};

const explain = ({ code, message }: S3Failure): Explanation =>
  explanations[code] ?? [
    `${code}: ${message}`,
    'Look at the log of the store, and whether the endpoint is one of S3.',
  ];

/** Why a call to the store was given up, in words. `doing` completes "The store could not …". */
export const s3Error = (
  place: string,
  key: string,
  doing: string,
  { tries, error }: GivenUp,
  more = '',
): Error => {
  if (!(error instanceof S3Failure)) return error instanceof Error ? error : new Error(String(error));
  const [why, hint] = explain(error);
  const often = tries === 1 ? '' : `, at the last of ${tries} tries`;
  return new MillraceError(
    'io',
    `The store could not ${doing} ${key}: ${why} (${error.code}${often}).${more}`,
    {
      hint,
      where: { store: place, key },
    },
  );
};
