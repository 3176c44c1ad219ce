import * as z from 'zod';
import { MillraceError } from '../contract/errors.ts';
import type { Certificates, KeyedCertificate } from '../sys/certificates.ts';
import type { System } from '../sys/system.ts';
import type { ObjectStore } from './object-store.ts';
import { authorityKey } from './paths.ts';
import { type Checksum, type Seal, sealText, unsealText, unusable } from './sealed-text.ts';

/**
 * The authority that the certificates of a job's pods are signed by: a certificate with its key in the store of the job. Whoever can read
 * it could as well change the state, so nothing is gained by another place.
 */
const seal: Seal = { name: 'millrace-authority', format: 1, what: 'authority of a job' };
const schema = z.strictObject({ certificate: z.string().max(8192), key: z.string().max(8192) });

const dayMs = 24 * 3_600_000;
const validForMs = 20 * 365 * dayMs;

interface AuthoritySystem {
  readonly certificates: Certificates;
  readonly hashing: Checksum;
  readonly clock: System['clock'];
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The authority of a job; undefined = nobody has made it yet. @throws MillraceError state-damaged when it cannot be used */
export const findJobAuthority = async (
  store: ObjectStore,
  { certificates, hashing }: AuthoritySystem,
  jobUid: string,
): Promise<KeyedCertificate | undefined> => {
  const key = authorityKey(jobUid);
  const found = { store: store.place, key };
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  const result = schema.safeParse(parse(unsealText(seal, bytes, found, hashing)));
  if (!result.success) throw unusable(seal.what, found, 'holds no certificate');
  try {
    certificates.issue({ subject: 'a trial' }, { fromMs: 0, untilMs: dayMs }, result.data);
  } catch (error) {
    throw unusable(seal.what, found, 'holds a certificate that signs nothing', error);
  }
  return result.data;
};

/** The authority of a job, made where there is none: of several that make one, one counts for all. */
export const makeJobAuthority = async (
  store: ObjectStore,
  system: AuthoritySystem,
  jobUid: string,
): Promise<KeyedCertificate> => {
  const known = await findJobAuthority(store, system, jobUid);
  if (known !== undefined) return known;
  const nowMs = system.clock.nowMs();
  const made = system.certificates.createAuthority(`millrace job ${jobUid}`, {
    fromMs: nowMs - dayMs,
    untilMs: nowMs + validForMs,
  });
  const key = authorityKey(jobUid);
  await store.putIfAbsent(key, sealText(seal, `${JSON.stringify(made)}\n`, system.hashing));
  const first = await findJobAuthority(store, system, jobUid);
  if (first !== undefined) return first;
  throw new MillraceError('io', `The authority of the job was written to ${key} and is gone.`, {
    where: { store: store.place, key },
    hint: 'See who removes objects from the store beside the job.',
  });
};
