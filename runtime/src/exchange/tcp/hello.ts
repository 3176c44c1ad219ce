/**
 * How a connection opens: the caller says who it is, and hears that it is welcome, or why it is not.
 *
 *   hello:    'millrace' | protocol varint | purpose u8 | what the purpose needs
 *   welcome:  nothing
 *   refusal:  reason, a text
 */
import type { ByteReader, ByteWriter } from '../../batch/codec.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { Socket, TlsSettings } from '../../sys/net.ts';
import type { Cancellable, System } from '../../sys/system.ts';
import { Connection } from './connection.ts';
import { FrameWriter } from './frames.ts';

/** Kinds of frames on every connection. Each purpose has others of its own, from `firstOwnKind` on. */
export const HelloKind = { hello: 1, welcome: 2, refusal: 3 } as const;
export const firstOwnKind = 8;

/** Both ends must have the same: it changes with every change of what is sent. */
export const protocolVersion = 1;

/** What a connection is for. */
export const Purpose = { channels: 1, control: 2 } as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

const greeting = 'millrace';

/** How long either side waits for the other's word before it gives up. */
export const helloTimeoutMs = 10_000;

/** Where a peer listens. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

/** A peer that cannot be reached, or does not want to be. */
const unreachable = (peer: string, { host, port }: PeerAddress, error: unknown): MillraceError => {
  const reason = error instanceof Error ? error.message : String(error);
  return new MillraceError('io', `No connection to ${peer} at ${host}:${port}: ${reason}.`, {
    cause: error,
    where: { peer: `${host}:${port}` },
    hint: `See whether ${peer} runs and can be reached there; the worker that it belongs to says more in its log.`,
  });
};

export interface Call<T> {
  readonly system: Pick<System, 'net' | 'hashing' | 'timers'>;
  readonly address: PeerAddress;
  readonly tls: TlsSettings | undefined;
  readonly purpose: Purpose;
  /** For messages, e.g. `slot 3`. */
  readonly peer: string;
  writeHello(writer: ByteWriter): void;
  /** Takes the connection, before anything that the peer says next is read, and makes of it what the call is for. */
  onWelcome(connection: Connection): T;
}

/**
 * Calls a peer and says who is calling.
 * @throws MillraceError `io` when it cannot be reached, is somebody else, or refuses.
 */
export const callPeer = async <T>(call: Call<T>): Promise<T> => {
  const { system, address, tls, peer } = call;
  let socket: Socket;
  try {
    socket = await system.net.connect({ ...address, tls, timeoutMs: helloTimeoutMs });
  } catch (error) {
    throw MillraceError.is(error) ? error : unreachable(peer, address, error);
  }
  const connection = new Connection(socket, system.hashing);
  try {
    return await exchangeHello(connection, call);
  } catch (error) {
    connection.destroy();
    throw unreachable(peer, address, error);
  }
};

const exchangeHello = <T>(connection: Connection, call: Call<T>): Promise<T> => {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const limit = call.system.timers.after(helloTimeoutMs, () =>
    reject(new Error(`it did not answer within ${helloTimeoutMs / 1000} s`)),
  );
  connection.onClosed = (error) => reject(error ?? new Error('it closed the connection'));
  connection.onFrame = (kind, payload) => {
    if (kind === HelloKind.refusal) return reject(new Error(readRefusal(payload)));
    if (kind !== HelloKind.welcome) throw new MillraceError('io', `it answered with a frame of kind ${kind}`);
    connection.trust();
    resolve(call.onWelcome(connection));
  };
  const frames = new FrameWriter(call.system.hashing);
  const writer = frames.begin(HelloKind.hello);
  writer.writeSizedText(greeting);
  writer.writeVarint(protocolVersion);
  writer.writeByte(call.purpose);
  call.writeHello(writer);
  frames.end();
  connection.write(frames.take());
  return promise.finally(() => limit.cancel());
};

/** Characters of a refusal that are worth showing. */
const longestRefusal = 1000;

const readRefusal = (payload: ByteReader): string =>
  payload.readText(payload.readCount(1)).slice(0, longestRefusal);

export interface Reception {
  readonly system: Pick<System, 'hashing' | 'timers'>;
  readonly purpose: Purpose;
  /** Reads who is calling, and takes the connection with what `welcome` gives; throws the reason why it is not welcome. */
  onHello(payload: ByteReader, welcome: () => Connection): void;
  /** Somebody was turned away, or said nothing that can be understood. */
  onRefused(reason: Error, remote: string): void;
}

/** Waits for a caller to say who it is. */
export const receivePeer = (socket: Socket, reception: Reception): void => {
  const { system, onRefused } = reception;
  const connection = new Connection(socket, system.hashing);
  let limit: Cancellable | undefined;
  const refuse = (reason: unknown): void => {
    limit?.cancel();
    onRefused(reason instanceof Error ? reason : new Error('it closed the connection'), socket.remote);
  };
  limit = system.timers.after(helloTimeoutMs, () => {
    connection.destroy();
    refuse(new Error(`it did not say who it is within ${helloTimeoutMs / 1000} s`));
  });
  connection.onClosed = refuse;
  connection.onFrame = (kind, payload) => {
    try {
      examineGreeting(kind, payload, reception.purpose);
      reception.onHello(payload, () => {
        limit?.cancel();
        return welcome(connection, system);
      });
    } catch (error) {
      turnAway(connection, system, error);
      refuse(error);
    }
  };
};

const examineGreeting = (kind: number, payload: ByteReader, purpose: Purpose): void => {
  if (kind !== HelloKind.hello || payload.readText(payload.readCount(1)) !== greeting)
    throw new MillraceError('io', 'it does not speak the protocol of Millrace');
  const version = payload.readVarint();
  if (version !== protocolVersion) {
    throw new MillraceError(
      'io',
      `it speaks version ${version} of the protocol, and this process version ${protocolVersion}: run the same release of Millrace everywhere`,
    );
  }
  if (payload.readByte() !== purpose) throw new MillraceError('io', 'it took this port for another one');
};

const welcome = (connection: Connection, system: Pick<System, 'hashing'>): Connection => {
  const frames = new FrameWriter(system.hashing);
  frames.begin(HelloKind.welcome);
  frames.end();
  connection.trust();
  connection.write(frames.take());
  return connection;
};

const turnAway = (connection: Connection, system: Pick<System, 'hashing'>, error: unknown): void => {
  const frames = new FrameWriter(system.hashing);
  const reason = error instanceof Error ? error.message : String(error);
  frames.begin(HelloKind.refusal).writeSizedText(reason.slice(0, longestRefusal));
  frames.end();
  connection.onFrame = () => undefined;
  connection.onClosed = () => undefined;
  connection.write(frames.take());
  connection.end();
};
