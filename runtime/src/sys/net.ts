/** Sockets: streams of bytes between processes, in order, that end loudly. What the bytes mean is decided above. */
export interface Net {
  /**
   * Resolves when bytes can be sent, with `tls` when the peer has shown its certificate.
   * Rejects with the platform's error, with `code`, and with a MillraceError when the peer is somebody else.
   */
  connect(address: ConnectAddress): Promise<Socket>;
  /** Calls back for each peer that connects, with `tls` for those only that have shown the right certificate. */
  listen(address: ListenAddress, onSocket: (socket: Socket) => void): Promise<Listener>;
}

export interface ConnectAddress {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings | undefined;
  readonly timeoutMs: number;
}

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls?: TlsSettings | undefined;
  /** Hears of peers that were turned away because of their certificate. */
  readonly onRefused?: ((error: Error) => void) | undefined;
}

/**
 * Both ends show a certificate (TLS 1.3), signed by the authority and made out to the same identity. Texts in PEM, read for each
 * connection: `certificate` first, then `key`. */
export interface TlsSettings {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
  /** Must be one of the peer's alternative names (URI or DNS). */
  readonly peerIdentity: string;
}

export interface Listener {
  readonly port: number;
  /** Takes no new connections and frees the port; those that are open stay. */
  close(): Promise<void>;
}

export interface Socket {
  /** Host and port of the peer, for messages. */
  readonly remote: string;
  /** Who the peer has shown to be; absent without TLS. */
  readonly peerIdentity?: string | undefined;
  /** Bytes written that the platform has not taken yet. */
  readonly bufferedBytes: number;
  /**
   * Always takes the bytes, which belong to the socket from then on; false when it has more than it likes to hold, until it
   * drains. Ignored once the socket is closed, or ended from this side.
   */
  write(bytes: Uint8Array): boolean;
  /** Bytes in the order in which they were written, in parts of any size. What comes before there is a listener waits for it. */
  onData(listener: (bytes: Uint8Array) => void): void;
  onDrain(listener: () => void): void;
  /** Called once, with what went wrong if anything did; also when the socket is closed already. Nothing comes after it. */
  onClose(listener: (error: Error | undefined) => void): void;
  /** No data until `resume`; nor is it noticed meanwhile that the peer has closed. */
  pause(): void;
  resume(): void;
  /** Closes when all is sent that was written. */
  end(): void;
  /** Closes at once; what is not sent is lost. */
  destroy(): void;
}
