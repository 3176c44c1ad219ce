import { dirname, join } from 'node:path';
import { MillraceError } from '../../contract/errors.ts';
import type { DirectoryEntry, DurableFiles } from '../../sys/durable-files.ts';
import type { System } from '../../sys/system.ts';
import type { ObjectStatus, ObjectStore } from '../object-store.ts';
import { codeOf, directoryError } from './directory-errors.ts';
import { checkKey, checkPrefix } from './keys.ts';
import { nothingToCopy, tooShort } from './store-errors.ts';

/** Where objects are written before they get their names. No key begins with a dot. */
const temporaries = '.temporary';

/** A directory may be removed by another process each time after it was made: its last object went. */
const mostTries = 100;

/**
 * Objects as files of a directory. An object is written and made durable under a name of its own first and gets its key in one step, by
 * renaming or, if it must not replace another, by a hard link: so a key never names half an object, whoever dies.
 */
export class DirectoryStore implements ObjectStore {
  readonly place: string;
  private readonly files: DurableFiles;
  private readonly system: Pick<System, 'durableFiles' | 'random' | 'clock'>;

  /** @param place The absolute path; what is not there yet is made at the first write. */
  constructor(system: Pick<System, 'durableFiles' | 'random' | 'clock'>, place: string) {
    this.place = place;
    this.system = system;
    this.files = system.durableFiles;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(this.place, key);
    await this.attempt('write', key, () =>
      this.withTemporary(bytes, (temporary) => this.name(key, (path) => this.files.rename(temporary, path))),
    );
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    checkKey(this.place, key);
    return this.attempt('write', key, () =>
      this.withTemporary(bytes, async (temporary) => {
        let answer: 'written' | 'exists' = 'written';
        await this.name(key, (path) =>
          this.files.link(temporary, path).catch((error: unknown) => {
            if (codeOf(error) !== 'EEXIST') throw error;
            answer = 'exists';
          }),
        );
        return answer;
      }),
    );
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(this.place, key);
    return this.attempt('read', key, () => this.read(key));
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    checkKey(this.place, key);
    return this.attempt('read', key, async () => {
      const bytes = await this.read(key, offset, length);
      if (bytes !== undefined && bytes.length < length) throw tooShort(this.place, key, offset + length);
      return bytes;
    });
  }

  async list(prefix: string): Promise<readonly ObjectStatus[]> {
    checkPrefix(this.place, prefix);
    const found: ObjectStatus[] = [];
    await this.attempt('list', prefix, () =>
      this.walk(prefix.split('/').slice(0, -1).join('/'), prefix, found),
    );
    return found.sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      checkKey(this.place, key);
      await this.attempt('remove', key, async () => {
        if ((await this.directoryOf(key)) === undefined) return;
        await this.files.remove(join(this.place, key));
        await this.removeEmptyParents(key);
      });
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const bytes = await this.get(from);
    if (bytes === undefined) throw nothingToCopy(this.place, from);
    await this.put(to, bytes);
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }

  /** Removes what writers that died have left behind, and tells how many that were. Younger ones may be of writers that live. */
  async removeLeftovers(olderThanMs: number): Promise<number> {
    return this.attempt('remove', temporaries, async () => {
      const directory = join(this.place, temporaries);
      const before = this.system.clock.nowMs() - olderThanMs;
      const old = ((await this.files.list(directory)) ?? []).filter(({ modifiedMs }) => modifiedMs < before);
      for (const { name } of old) await this.files.remove(join(directory, name));
      return old.length;
    });
  }

  private async attempt<Value>(doing: string, key: string, act: () => Promise<Value>): Promise<Value> {
    try {
      return await act();
    } catch (error) {
      throw directoryError(this.place, key, doing, error);
    }
  }

  private async read(key: string, offset?: number, length?: number): Promise<Uint8Array | undefined> {
    if ((await this.directoryOf(key)) === undefined) return undefined;
    return this.files.read(join(this.place, key), offset, length);
  }

  private async withTemporary<Value>(
    bytes: Uint8Array,
    use: (temporary: string) => Promise<Value>,
  ): Promise<Value> {
    const directory = join(this.place, temporaries);
    await this.files.makeDirectory(directory);
    const temporary = join(directory, this.system.random.id());
    try {
      await this.files.create(temporary, bytes);
      return await use(temporary);
    } finally {
      // A disk that fails in this too has nothing new to say; what stays is a leftover.
      await this.files.remove(temporary).catch(() => {});
    }
  }

  /** Gives a file the name of a key, durably. */
  private async name(key: string, give: (path: string) => Promise<void>): Promise<void> {
    const path = join(this.place, key);
    for (let tries = 1; ; tries++) {
      try {
        await this.files.makeDirectory(dirname(path));
        await this.directoryOf(key);
        await give(path);
        break;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || tries === mostTries) throw error;
      }
    }
    await this.files.syncDirectory(dirname(path));
  }

  /**
   * The directory of a key; undefined = there is none.
   * @throws MillraceError io when a symbolic link leads elsewhere.
   */
  private async directoryOf(key: string): Promise<string | undefined> {
    const directory = dirname(join(this.place, key));
    const real = await this.files.realPath(directory);
    if (real === undefined) return undefined;
    if (real === join((await this.files.realPath(this.place)) ?? this.place, dirname(key))) return directory;
    throw new MillraceError('io', `${directory} is a symbolic link to ${real}.`, {
      hint: 'Remove the link: a store has none in it. The directory of the store itself may be one.',
      where: { store: this.place, key },
    });
  }

  private async walk(directory: string, prefix: string, found: ObjectStatus[]): Promise<void> {
    for (const entry of await this.entriesOf(directory)) {
      const key = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.name.startsWith('.')) continue;
      if (entry.directory) {
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) await this.walk(key, prefix, found);
      } else if (key.startsWith(prefix)) {
        found.push({ key, sizeBytes: entry.sizeBytes, modifiedMs: entry.modifiedMs });
      }
    }
  }

  private async entriesOf(directory: string): Promise<readonly DirectoryEntry[]> {
    const entries = await this.files.list(join(this.place, directory)).catch((error: unknown) => {
      // An object is no directory of others.
      if (codeOf(error) === 'ENOTDIR') return undefined;
      throw error;
    });
    return entries ?? [];
  }

  private async removeEmptyParents(key: string): Promise<void> {
    for (let parent = dirname(key); parent !== '.'; parent = dirname(parent)) {
      await this.files.removeEmptyDirectory(join(this.place, parent));
    }
  }
}
