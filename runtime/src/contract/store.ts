import * as z from 'zod';
import { about, anyText, block, checkedText, oneOf, text, type Written } from './field.ts';
import { dataKey, objectName } from './names.ts';
import { webAddress } from './web-address.ts';

/** The Secret that holds the credentials of a store, and the names of its keys. */
export interface StoreCredentials {
  readonly secretName: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A bucket in MinIO, S3 or anything that speaks S3. */
export interface S3Store {
  readonly endpoint?: string | undefined;
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly credentials?: StoreCredentials | undefined;
  readonly certificateAuthority?: { readonly configMapName: string; readonly key: string } | undefined;
}

/** Where snapshots go: a directory (a local run only) or a bucket. */
export interface CheckpointStore {
  readonly directory?: string | undefined;
  readonly s3?: S3Store | undefined;
}

const prefix = (): z.ZodString =>
  checkedText(
    anyText(512)
      .regex(/^[\w.\-/=+]*$/)
      .meta({ expected: 'a prefix of letters, digits, -, _, ., =, + and /, at most 512 characters' }),
    (value) => {
      if (value.startsWith('/'))
        return { hint: 'Remove the leading /: a prefix is the beginning of a name, no path.' };
      return value.split('/').some((part) => part === '.' || part === '..')
        ? { hint: 'Write it without . and ..' }
        : undefined;
    },
    "!self.matches('^/|(^|/)[.]{1,2}(/|$)')",
  );

const credentialsSchema: z.ZodType<StoreCredentials, Written<StoreCredentials>> = block({
  secretName: objectName().meta(
    about(
      'switch-over',
      'The Secret, in the namespace of the job, that holds the credentials. They never stand in a manifest.',
    ),
  ),
  accessKeyId: dataKey()
    .default('accessKeyId')
    .meta(about('switch-over', 'The key of the Secret under which the access key id is found.')),
  secretAccessKey: dataKey()
    .default('secretAccessKey')
    .meta(about('switch-over', 'The key of the Secret under which the secret access key is found.')),
  sessionToken: dataKey()
    .optional()
    .meta(
      about('switch-over', 'The key of the Secret under which a session token is found.', {
        absent: 'there is no session token',
      }),
    ),
});

const s3Schema: z.ZodType<S3Store, Written<S3Store>> = block({
  endpoint: webAddress(['http', 'https'])
    .optional()
    .meta(
      about('switch-over', 'The address of the store, such as http://minio:9000.', {
        absent: 'Amazon S3 in the region',
        alsoKnownAs: ['url', 'host'],
      }),
    ),
  bucket: text(63, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket, of 3 to 63 characters').meta(
    about('immutable', 'The bucket; it must exist.'),
  ),
  prefix: prefix()
    .default('millrace')
    .meta(
      about(
        'immutable',
        'What the names of all objects of this job and others begin with; many jobs may share it.',
      ),
    ),
  region: text(64, /^[a-z0-9-]+$/, 'the name of a region, such as eu-central-1')
    .default('us-east-1')
    .meta(about('switch-over', 'The region that requests are signed for.')),
  pathStyle: z
    .boolean()
    .default(true)
    .meta(about('switch-over', 'Whether the bucket is part of the path (MinIO) or of the host name.')),
  credentials: credentialsSchema.optional().meta(
    about('switch-over', 'The Secret that holds the credentials.', {
      absent:
        'the identity of the pod on a cluster; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY when run locally',
      alsoKnownAs: ['accessKey', 'accessKeyId', 'secretKey', 'secretAccessKey', 'secretRef'],
    }),
  ),
  certificateAuthority: block({
    configMapName: objectName().meta(
      about('switch-over', 'The ConfigMap that holds the certificates, in the namespace of the job.'),
    ),
    key: dataKey()
      .default('ca.crt')
      .meta(about('switch-over', 'The key of the ConfigMap under which they are found, as PEM.')),
  })
    .optional()
    .meta(
      about(
        'switch-over',
        'The certificates that vouch for the store, when its certificate is signed by your own authority.',
        {
          absent: 'the authorities that Node trusts',
          alsoKnownAs: ['ca', 'caCert', 'caBundle'],
        },
      ),
    ),
});

export const storeSchema: z.ZodType<CheckpointStore, Written<CheckpointStore>> = block(
  {
    directory: text(1024)
      .optional()
      .meta(
        about('immutable', 'A directory, relative to the manifest; for local runs. A cluster needs s3.', {
          absent: 'snapshots do not go to a directory',
          alsoKnownAs: ['path', 'file'],
        }),
      ),
    s3: s3Schema.optional().meta(
      about('switch-over', 'A bucket in MinIO, S3 or anything that speaks S3.', {
        absent: 'snapshots do not go to a bucket',
        alsoKnownAs: ['minio'],
      }),
    ),
  },
  oneOf(['directory', 's3']),
);
