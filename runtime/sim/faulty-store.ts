import type { ObjectStatus, ObjectStore } from '../src/checkpoint/object-store.ts';
import { MillraceError } from '../src/contract/errors.ts';
import type { SimulatedProcess } from './process.ts';
import type { SimulatedStorage } from './storage.ts';

const failure =
  (key: string) =>
  (verdict: string): Error =>
    new MillraceError('io', `The simulated store did not answer (${verdict}).`, {
      hint: 'This is a fault that was injected.',
      where: { store: 'simulation', key },
    });

/**
 * The object storage as one process reaches it: slow, failing, and not always answering what it has done. It gives up at once where
 * a real client would try again for a while, so whoever uses it meets every error that is left when trying again did not help.
 */
export class FaultyStore implements ObjectStore {
  readonly place = 'simulation';
  private readonly process: SimulatedProcess;
  private readonly storage: SimulatedStorage;

  constructor(process: SimulatedProcess, storage: SimulatedStorage) {
    this.process = process;
    this.storage = storage;
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    const copied = bytes.slice();
    return this.call('put', key, (by, atMs) => this.storage.write(key, copied, by, atMs));
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    const copied = bytes.slice();
    return this.call('putIfAbsent', key, (by, atMs) => this.storage.writeIfAbsent(key, copied, by, atMs));
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.call('get', key, () => this.storage.read(key)?.slice());
  }

  getRange(key: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    return this.call('getRange', `${key} from ${offset}`, () => {
      const bytes = this.storage.read(key);
      if (bytes === undefined) return undefined;
      if (offset + length <= bytes.length) return bytes.slice(offset, offset + length);
      throw new MillraceError('io', `The object ${key} ends before byte ${offset + length}.`);
    });
  }

  list(prefix: string): Promise<readonly ObjectStatus[]> {
    return this.call('list', prefix, () => this.storage.list(prefix));
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.call('remove', keys.join(' '), (by, atMs) => {
      for (const key of keys) this.storage.remove(key, by, atMs);
    });
  }

  copy(from: string, to: string): Promise<void> {
    return this.call('copy', `${from} to ${to}`, (by, atMs) => {
      const bytes = this.storage.read(from);
      if (bytes === undefined) throw new MillraceError('io', `There is no object ${from} to copy.`);
      this.storage.write(to, bytes, by, atMs);
    });
  }

  async close(): Promise<void> {
    // Nothing to give back.
  }

  private call<T>(what: string, on: string, effect: (by: string, atMs: number) => T): Promise<T> {
    const { process } = this;
    // An object is there as a whole or not at all.
    const whole = (torn: boolean): T => {
      if (torn) throw failure(on)('torn');
      return effect(process.name, process.world.wallMs);
    };
    return process.call(`store.${what}`, on, whole, failure(on));
  }
}
