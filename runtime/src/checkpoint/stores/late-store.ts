import type { ObjectStatus, ObjectStore } from '../object-store.ts';

/** A store that is opened by the first call that needs it, and tried anew by later ones when that fails. */
export class LateStore implements ObjectStore {
  readonly place: string;
  private readonly open: () => Promise<ObjectStore>;
  private opened: Promise<ObjectStore> | undefined;

  constructor(place: string, open: () => Promise<ObjectStore>) {
    this.place = place;
    this.open = open;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await (await this.store()).put(key, bytes);
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    return await (await this.store()).putIfAbsent(key, bytes);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return await (await this.store()).get(key);
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    return await (await this.store()).getRange(key, offset, length);
  }

  async list(prefix: string): Promise<readonly ObjectStatus[]> {
    return await (await this.store()).list(prefix);
  }

  async remove(keys: readonly string[]): Promise<void> {
    await (await this.store()).remove(keys);
  }

  async copy(from: string, to: string): Promise<void> {
    await (await this.store()).copy(from, to);
  }

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await (await opened?.catch(() => undefined))?.close();
  }

  private store(): Promise<ObjectStore> {
    if (this.opened !== undefined) return this.opened;
    const opened = this.open();
    this.opened = opened;
    opened.catch(() => {
      if (this.opened === opened) this.opened = undefined;
    });
    return opened;
  }
}
