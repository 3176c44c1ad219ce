import { MillraceError } from '../../contract/errors.ts';
import type { System } from '../../sys/system.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { refusal, S3Failure, textOf } from './s3-failure.ts';

export interface WebIdentitySettings {
  /** The security token service: of AWS, or the endpoint of MinIO. */
  readonly endpoint: string;
  readonly roleArn: string;
  readonly sessionName: string;
  /** Holds the token that the cluster gives the pod and renews. */
  readonly tokenFile: string;
  /** Certificates that vouch for the service, as PEM; undefined = those that Node trusts. */
  readonly authority?: string | undefined;
  readonly timeoutMs: number;
}

/** Credentials are renewed so long before they expire: clocks differ, and requests take time. */
const marginMs = 5 * 60_000;

/** In bytes. */
const longestAnswer = 1 << 20;

const readToken = ({ files }: Pick<System, 'files'>, path: string): string => {
  try {
    return files.readText(path).trim();
  } catch {
    throw new MillraceError('io', `The web identity token of this pod cannot be read: ${path}.`, {
      hint: 'Check AWS_WEB_IDENTITY_TOKEN_FILE and the service account of the pod.',
      where: { file: path },
    });
  }
};

/** Credentials of a role, for a while, in exchange for the identity that the cluster vouches for. */
export const webIdentityCredentials = (
  system: Pick<System, 'files' | 'clock' | 'http'>,
  { endpoint, roleArn, sessionName, tokenFile, authority, timeoutMs }: WebIdentitySettings,
): CredentialSource => {
  let held: { readonly credentials: Credentials; readonly untilMs: number } | undefined;
  let asked: Promise<Credentials> | undefined;

  const ask = async (): Promise<Credentials> => {
    const parameters = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: readToken(system, tokenFile),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status, body } = await system.http
      .request({
        method: 'POST',
        url: endpoint,
        headers,
        body: parameters.toString(),
        timeoutMs,
        mostBytes: longestAnswer,
        ...(authority === undefined ? {} : { tls: { authority } }),
      })
      .catch((error: Error & { readonly code?: string }) => {
        throw new S3Failure(error.code ?? error.name, error.message);
      });
    const accessKeyId = textOf(body, 'AccessKeyId');
    const secretAccessKey = textOf(body, 'SecretAccessKey');
    if (status !== 200 || accessKeyId === undefined || secretAccessKey === undefined)
      throw refusal(status, body);
    const credentials = { accessKeyId, secretAccessKey, sessionToken: textOf(body, 'SessionToken') };
    held = { credentials, untilMs: Date.parse(textOf(body, 'Expiration') ?? '') };
    return credentials;
  };

  const current = async (): Promise<Credentials> => {
    if (held !== undefined && system.clock.nowMs() < held.untilMs - marginMs) return held.credentials;
    asked ??= ask().finally(() => {
      asked = undefined;
    });
    return asked.catch((error: unknown) => {
      // Those held are good for a while yet; the next request asks again.
      if (held !== undefined && system.clock.nowMs() < held.untilMs) return held.credentials;
      throw error;
    });
  };
  return {
    current,
    renew: () => {
      held = undefined;
    },
  };
};
