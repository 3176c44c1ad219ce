import { dirname } from 'node:path';
import type { SeededRandom } from './random.ts';

/** The contents of a file, whatever names it has. What was not synced may be lost, or torn, when the power goes. */
export interface Inode {
  readonly identity: string;
  content: Uint8Array;
  /** What a loss of power leaves of it. */
  durable: Uint8Array;
  modifiedMs: number;
}

type Entry = Inode | 'directory';

/** A change of names that is not durable yet. */
interface NameChange {
  readonly directories: readonly string[];
  apply(names: Map<string, Entry>): void;
}

/** An error as the platform's. */
export const diskError = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${path}`), { code, path });

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte);

/**
 * A disk with a cache, as a machine sees it. Names become durable when their directory is synced, contents when the file is. When
 * the power goes, what is durable stays, and of the rest a part that was written first: some of the names, some of the bytes.
 */
export class SimulatedDisk {
  /** More than this is refused as on a full disk. */
  capacityBytes = Infinity;
  /** How often the machine was without power: what was asked before is forgotten. */
  powerLosses = 0;
  private readonly random: SeededRandom;
  private names = new Map<string, Entry>([['/', 'directory']]);
  private durableNames = new Map<string, Entry>([['/', 'directory']]);
  private journal: NameChange[] = [];
  private made = 0;

  constructor(random: SeededRandom) {
    this.random = random;
  }

  create(nowMs: number): Inode {
    const nothing = new Uint8Array(0);
    return { identity: `inode-${++this.made}`, content: nothing, durable: nothing, modifiedMs: nowMs };
  }

  entry(path: string): Entry | undefined {
    return this.names.get(path);
  }

  /** @throws ENOENT, EISDIR. */
  inode(path: string): Inode {
    const found = this.names.get(path);
    if (found === undefined) throw diskError('ENOENT', path);
    if (found === 'directory') throw diskError('EISDIR', path);
    return found;
  }

  /** The names in a directory, sorted. @throws ENOENT, ENOTDIR. */
  list(directory: string): readonly string[] {
    const found = this.names.get(directory);
    if (found === undefined) throw diskError('ENOENT', directory);
    if (found !== 'directory') throw diskError('ENOTDIR', directory);
    return [...this.names.keys()]
      .filter((path) => path !== '/' && dirname(path) === directory)
      .map((path) => path.slice(directory === '/' ? 1 : directory.length + 1))
      .sort();
  }

  /** Every path of a file, sorted. */
  paths(): readonly string[] {
    return [...this.names.keys()].filter((path) => this.names.get(path) !== 'directory').sort();
  }

  makeDirectory(path: string): void {
    const known = this.names.get(path);
    if (known === 'directory') return;
    if (known !== undefined) throw diskError('EEXIST', path);
    this.makeDirectory(dirname(path));
    this.change([dirname(path)], (names) => void names.set(path, 'directory'));
  }

  /** Gives a file a name. @throws ENOENT when the directory is not there, EEXIST. */
  link(inode: Inode, path: string): void {
    this.needDirectory(path);
    if (this.names.has(path)) throw diskError('EEXIST', path);
    this.change([dirname(path)], (names) => void names.set(path, inode));
  }

  rename(from: string, to: string): void {
    const inode = this.inode(from);
    this.needDirectory(to);
    if (this.names.get(to) === 'directory') throw diskError('EISDIR', to);
    this.change([dirname(from), dirname(to)], (names) => {
      names.delete(from);
      names.set(to, inode);
    });
  }

  /** What is not there is fine. */
  remove(path: string): void {
    if (!this.names.has(path)) return;
    if (this.names.get(path) === 'directory') throw diskError('EISDIR', path);
    this.change([dirname(path)], (names) => void names.delete(path));
  }

  /** One that is not empty, or not there, is left as it is. */
  removeEmptyDirectory(path: string): void {
    if (this.names.get(path) !== 'directory' || this.list(path).length > 0) return;
    this.change([dirname(path)], (names) => void names.delete(path));
  }

  /** @throws ENOSPC. */
  write(inode: Inode, bytes: Uint8Array, nowMs: number): void {
    if (this.usedBytes() + bytes.length > this.capacityBytes) throw diskError('ENOSPC', inode.identity);
    const content = new Uint8Array(inode.content.length + bytes.length);
    content.set(inode.content);
    content.set(bytes, inode.content.length);
    inode.content = content;
    inode.modifiedMs = nowMs;
  }

  sync(inode: Inode): void {
    inode.durable = inode.content;
  }

  /** Names of the directory, and what was changed before the last of them, become durable. */
  syncDirectory(directory: string): void {
    const last = this.journal.findLastIndex(({ directories }) => directories.includes(directory));
    for (const change of this.journal.splice(0, last + 1)) change.apply(this.durableNames);
  }

  /** The machine is without power for a moment. */
  losePower(): void {
    this.powerLosses++;
    const kept = this.random.below(this.journal.length + 1);
    for (const change of this.journal.slice(0, kept)) change.apply(this.durableNames);
    this.journal = [];
    this.names = new Map(this.durableNames);
    for (const entry of new Set(this.names.values())) if (entry !== 'directory') this.tear(entry);
  }

  private tear(inode: Inode): void {
    const { content, durable } = inode;
    if (content === durable) return;
    const kept = content.slice(0, this.random.below(content.length + 1));
    const isAppended = startsWith(content, durable);
    if (isAppended) inode.content = kept.length > durable.length ? kept : durable;
    else inode.content = this.random.chance(0.5) ? durable : kept;
    inode.durable = inode.content;
  }

  private usedBytes(): number {
    let bytes = 0;
    for (const entry of new Set(this.names.values()))
      if (entry !== 'directory') bytes += entry.content.length;
    return bytes;
  }

  private needDirectory(path: string): void {
    if (this.names.get(dirname(path)) !== 'directory') throw diskError('ENOENT', path);
  }

  private change(directories: readonly string[], apply: NameChange['apply']): void {
    const change = { directories, apply };
    change.apply(this.names);
    this.journal.push(change);
  }
}
