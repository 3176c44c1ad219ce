import { MillraceError } from '../../contract/errors.ts';
import type { Hashing } from '../../sys/hashing.ts';
import type { System } from '../../sys/system.ts';

/** Who may ask: whoever has the token, or shows a certificate made out to this name. Neither = programs of this machine. */
export interface Access {
  readonly token?: string | undefined;
  readonly clientName?: string | undefined;
}

/** What the certificates of the operator are made out to. */
export const operatorName = 'millrace-operator';

/** What is known of who asks. */
export interface Caller {
  readonly authorization: string | undefined;
  readonly peerNames: readonly string[];
  /** The name under which the server was called. */
  readonly host: string | undefined;
}

/** Names that mean this machine wherever they are asked for. */
const ownHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

export const isOwnHost = (host: string): boolean => ownHost.test(host.includes(':') ? `[${host}]` : host);

/** Why a caller may not ask; undefined = it may. */
export const examineCaller = (
  { token, clientName }: Access,
  hashing: Hashing,
  caller: Caller,
): MillraceError | undefined => {
  if (token === undefined && clientName === undefined) {
    // A page of the web whose name was made to point to this machine would call it by that name.
    return ownHost.test(caller.host ?? '')
      ? undefined
      : new MillraceError('not-authorized', 'Without a token the control API answers to this machine only.', {
          hint: 'Call it by localhost, or start the job with a token.',
        });
  }
  if (clientName !== undefined && caller.peerNames.includes(clientName)) return undefined;
  if (token !== undefined && hashing.equalSecrets(caller.authorization ?? '', `Bearer ${token}`)) {
    return undefined;
  }
  return new MillraceError(
    'not-authorized',
    'The control API needs to know who asks, and this is nobody it knows.',
    {
      hint:
        token === undefined
          ? 'Show a client certificate that is made out to the right name.'
          : 'Send the token of the job as “Authorization: Bearer …”; the command takes it from --token-file.',
    },
  );
};

/** Records and state are shown to nobody who has shown nothing: any program of the machine could ask. */
export const examineCuriosity = ({ token, clientName }: Access): MillraceError | undefined =>
  token !== undefined || clientName !== undefined
    ? undefined
    : new MillraceError(
        'not-authorized',
        'Records and state are shown only where the control API has a token.',
        {
          hint: 'Start the job with --control-token-file, and ask with the same file as --token-file.',
        },
      );

const shortestToken = 16;

/**
 * A token from a file, without the spaces around it.
 * @throws MillraceError io when it cannot be read, manifest-invalid when it is not fit for a token.
 */
export const readToken = ({ files }: System, path: string): string => {
  let text: string;
  try {
    text = files.readText(path).trim();
  } catch (error) {
    throw new MillraceError('io', `The token cannot be read: ${(error as Error).message}`, {
      cause: error,
      where: { file: path },
      hint: 'Name a file that holds the token and nothing else.',
    });
  }
  if (text.length >= shortestToken && /^[\x21-\x7e]+$/.test(text)) return text;
  throw new MillraceError('manifest-invalid', 'The file of the token holds none.', {
    where: { file: path },
    hint: `A token has at least ${shortestToken} letters, digits or signs and no spaces: openssl rand -hex 32 makes one.`,
  });
};
