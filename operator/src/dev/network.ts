import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import type { Net } from '../../../runtime/src/sys/net.ts';
import type { System } from '../../../runtime/src/sys/system.ts';

/** The addresses of one cluster: all of them are this machine's (127.0.0.0/8 is, on Linux), and no other cluster here has them. */
export interface DevNetwork {
  /** Of the pod of a number, from 1. */
  podAddress(number: number): string;
  serviceAddress(number: number): string;
  release(): Promise<void>;
}

/** Whoever listens here has the network. */
const claimPort = 47_100;
const firstNetwork = 2;
const networks = 250;

const addressIn = (network: number, half: 0 | 128, number: number): string =>
  `127.${network}.${half + ((number >> 8) & 127)}.${number & 255}`;

/** Takes a network that nobody has. @throws MillraceError io when there is none, or the machine has only one address of its own */
export const claimNetwork = async ({
  net,
  random,
}: {
  readonly net: Net;
  readonly random: System['random'];
}): Promise<DevNetwork> => {
  const first = Math.floor(random.next() * networks);
  for (let tried = 0; tried < networks; tried++) {
    const network = firstNetwork + ((first + tried) % networks);
    try {
      const claim = await net.listen({ host: `127.${network}.255.254`, port: claimPort }, (socket) =>
        socket.destroy(),
      );
      return {
        podAddress: (number) => addressIn(network, 0, number),
        serviceAddress: (number) => addressIn(network, 128, number),
        release: () => claim.close(),
      };
    } catch {
      // Another cluster of this machine has it.
    }
  }
  throw new MillraceError('io', 'No addresses of this machine are left for another cluster.', {
    hint: 'The addresses 127.2.0.0 to 127.251.255.255 are needed, which Linux has; elsewhere use a real cluster. See which clusters run.',
  });
};
