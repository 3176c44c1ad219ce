import type { Listener, Socket } from '../../../runtime/src/sys/net.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import { follow } from './controllers/by-owner.ts';
import { isActive } from './controllers/victims.ts';
import { podKind, serviceKind } from './store/kinds.ts';
import type { ObjectStore } from './store/object-store.ts';
import { type DevObject, type Fields, fieldsAt, listAt } from './store/values.ts';

const connectTimeoutMs = 5_000;

/**
 * Services: each has an address of its own, where every connection is passed on to the newest pod that the service selects. No matter
 * which pod of a coordinator is there just now, its workers call the same place.
 */
export class Services {
  private readonly system: System;
  private readonly store: ObjectStore;
  private readonly addresses = new Map<string, string>();
  private readonly listeners = new Map<string, Promise<Listener | undefined>[]>();
  private readonly stopFollowing: () => void;

  private readonly serviceAddress: (number: number) => string;

  constructor(system: System, store: ObjectStore, serviceAddress: (number: number) => string) {
    this.system = system;
    this.serviceAddress = serviceAddress;
    this.store = store;
    this.stopFollowing = follow(store, [serviceKind], (_kind, before, after) => {
      if (before === undefined && after !== undefined) this.open(after);
      else if (before !== undefined && after === undefined) void this.close(before.metadata.uid);
    });
  }

  /** Where a service is reached; undefined = there is none. */
  addressOf(namespace: string, name: string): string | undefined {
    const service = this.store.find(serviceKind, { namespace, name });
    return service === undefined ? undefined : this.addresses.get(service.metadata.uid);
  }

  async stop(): Promise<void> {
    this.stopFollowing();
    await Promise.all([...this.listeners.keys()].map((uid) => this.close(uid)));
  }

  private open(service: DevObject): void {
    const host = this.serviceAddress(this.addresses.size + 1);
    this.addresses.set(service.metadata.uid, host);
    const opened = listAt(service.spec, 'ports').map((port) =>
      this.system.net
        .listen({ host, port: Number(port['port']) }, (socket) => void this.pass(service, port, socket))
        .catch(() => undefined),
    );
    this.listeners.set(service.metadata.uid, opened);
  }

  private async close(uid: string): Promise<void> {
    const opened = this.listeners.get(uid) ?? [];
    this.listeners.delete(uid);
    await Promise.all(opened.map(async (listener) => (await listener)?.close()));
  }

  private async pass(service: DevObject, port: Fields, from: Socket): Promise<void> {
    const address = this.targetOf(service, port);
    if (address === undefined) {
      from.destroy();
      return;
    }
    try {
      const to = await this.system.net.connect({ ...address, timeoutMs: connectTimeoutMs });
      pipe(from, to);
      pipe(to, from);
    } catch {
      // As if nobody listened here: who calls tries again.
      from.destroy();
    }
  }

  private targetOf(
    service: DevObject,
    port: Fields,
  ): { readonly host: string; readonly port: number } | undefined {
    const selector = Object.entries(fieldsAt(service.spec, 'selector'));
    const isSelected = ({ metadata }: DevObject): boolean =>
      selector.every(([name, value]) => metadata.labels?.[name] === value);
    const pod = this.store
      .all(podKind, service.metadata.namespace)
      .filter((one) => isSelected(one) && isActive(one) && one.status?.['podIP'] !== undefined)
      .toSorted(
        (one, other) => Number(other.metadata.resourceVersion) - Number(one.metadata.resourceVersion),
      )[0];
    if (pod === undefined) return undefined;
    const named = listAt(pod.spec, 'containers')
      .flatMap((container) => listAt(container, 'ports'))
      .find(({ name }) => name === port['targetPort']);
    return {
      host: String(pod.status?.['podIP']),
      port: Number(named?.['containerPort'] ?? port['targetPort']),
    };
  }
}

/** What one side says the other hears, as fast as it takes it. */
const pipe = (from: Socket, to: Socket): void => {
  from.onData((bytes) => {
    if (!to.write(bytes)) from.pause();
  });
  to.onDrain(() => from.resume());
  from.onClose(() => to.end());
};
