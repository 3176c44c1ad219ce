import { type Command, InvalidArgumentError } from 'commander';

/** Where the control API of a job of this process is served, and to whom. */
export interface ControlPlace {
  readonly host: string;
  readonly port: number;
  readonly tokenFile?: string | undefined;
  /** Holds `tls.crt` and `tls.key`; absent = plain HTTP. */
  readonly tlsDirectory?: string | undefined;
  /** A file with the certificates that sign the operator's. */
  readonly clientAuthority?: string | undefined;
  /** Where probes and metrics are served besides, to whoever reaches this machine. */
  readonly healthPort?: number | undefined;
  /** Where it answers to this machine besides, and changes nothing. */
  readonly live?: { readonly host: string; readonly port: number } | undefined;
}

/** The options for it, as commander gives them. */
export interface ControlPlaceOptions {
  readonly controlPort?: number;
  readonly controlHost: string;
  readonly controlTokenFile?: string;
  readonly controlTlsDirectory?: string;
  readonly controlClientAuthority?: string;
}

const parsePort = (text: string): number => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('Give a whole number from 0 to 65535.');
};

/** Adds them to a command. */
export const addControlPlaceOptions = (command: Command): Command =>
  command
    .option('--control-port <port>', 'serve the control API here; 0 takes a free port', parsePort)
    .option(
      '--control-host <host>',
      'where it listens; elsewhere than here only with a token or client certificates',
      '127.0.0.1',
    )
    .option('--control-token-file <file>', 'a file with the token that it asks for')
    .option('--control-tls-directory <folder>', 'tls.crt and tls.key: it is served over TLS')
    .option('--control-client-authority <file>', "certificates that sign the operator's, which may ask then");

/** Where the control API is to be served, if anywhere. */
export const controlPlaceOf = (options: ControlPlaceOptions): ControlPlace | undefined =>
  options.controlPort === undefined
    ? undefined
    : {
        port: options.controlPort,
        host: options.controlHost,
        tokenFile: options.controlTokenFile,
        tlsDirectory: options.controlTlsDirectory,
        clientAuthority: options.controlClientAuthority,
      };
