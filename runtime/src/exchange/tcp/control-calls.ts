import { MillraceError } from '../../contract/errors.ts';
import type { Listener, TlsSettings } from '../../sys/net.ts';
import type { System } from '../../sys/system.ts';
import { ControlLink } from './control-link.ts';
import { callPeer, type PeerAddress, Purpose, receivePeer } from './hello.ts';

/** Characters of the name under which a peer calls. */
const longestName = 200;

interface ControlSettings {
  readonly system: Pick<System, 'net' | 'hashing' | 'timers' | 'clock'>;
  readonly jobUid: string;
  readonly tls?: TlsSettings | undefined;
}

export interface ControlCall extends ControlSettings {
  readonly address: PeerAddress;
  /** Who calls, and who is called, for messages, e.g. `worker 7f…` and `the coordinator`. */
  readonly name: string;
  readonly peer: string;
}

/**
 * Calls the coordinator of a job, or whoever listens for control.
 * @throws MillraceError `io` when it cannot be reached, is somebody else, or refuses.
 */
export const callControl = (call: ControlCall): Promise<ControlLink> => {
  const { system, address, tls, jobUid, name, peer } = call;
  return callPeer({
    system,
    address,
    tls,
    peer,
    purpose: Purpose.control,
    writeHello: (writer) => {
      writer.writeSizedText(jobUid);
      writer.writeSizedText(name);
    },
    onWelcome: (connection) => new ControlLink(connection, peer, system),
  });
};

export interface ControlReception extends ControlSettings {
  readonly host: string;
  readonly port: number;
  /** Somebody of this job has called. */
  onLink(link: ControlLink): void;
  /** Somebody was turned away. */
  onRefused(error: MillraceError): void;
}

/** Listens for those who call about a job. */
export const listenForControl = (reception: ControlReception): Promise<Listener> => {
  const { system, jobUid, host, port, tls, onLink, onRefused } = reception;
  const refuse = (reason: Error, remote: string): void =>
    onRefused(
      new MillraceError('io', `The coordinator has turned away ${remote}: ${reason.message}.`, {
        cause: reason,
        where: { peer: remote },
        hint: 'If it is a worker of this job, give it the address, the job uid, the certificates and the release of this coordinator.',
      }),
    );
  const address = {
    host,
    port,
    tls,
    onRefused: (error: Error) => refuse(error, 'somebody without the right certificate'),
  };
  return system.net.listen(address, (socket) =>
    receivePeer(socket, {
      system,
      purpose: Purpose.control,
      onHello: (payload, welcome) => {
        const uid = payload.readText(payload.readCount(1));
        if (uid !== jobUid) throw new MillraceError('io', `it belongs to the job ${jobUid}, not to ${uid}`);
        const name = payload.readText(payload.readCount(1)).slice(0, longestName);
        onLink(new ControlLink(welcome(), name, system));
      },
      onRefused: refuse,
    }),
  );
};
