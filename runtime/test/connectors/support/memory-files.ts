import { dirname, matchesGlob, resolve } from 'node:path';
import type { FileStatus, FileSystem, OpenFile } from '../../../src/sys/files.ts';

interface Node {
  readonly identity: string;
  bytes: Uint8Array;
}

const platformError = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${path}`), { code });

/** A disk in memory with names and files apart, as on a real one: an open file survives its renaming and removal. */
export class MemoryFiles implements FileSystem {
  /** Bytes that all files together may have. */
  capacityBytes: number = Number.POSITIVE_INFINITY;
  /** Reads are given in pieces of at most this many bytes. */
  readBytes: number = Number.POSITIVE_INFINITY;
  openCount = 0;
  private readonly names = new Map<string, Node>();
  private readonly directories = new Set<string>(['/']);
  private readonly failures = new Map<string, string>();
  private nodes = 0;

  /** Makes an operation on a path fail with a code such as EACCES; undefined makes it work again. */
  fail(
    operation: 'open' | 'read' | 'write' | 'rename' | 'sync',
    path: string,
    code: string | undefined,
  ): void {
    if (code === undefined) this.failures.delete(`${operation} ${path}`);
    else this.failures.set(`${operation} ${path}`, code);
  }

  /** The same for every path. */
  failAll(operation: 'open' | 'read' | 'write' | 'rename' | 'sync', code: string | undefined): void {
    this.fail(operation, '*', code);
  }

  put(path: string, content: string | Uint8Array): void {
    this.makeDirectory(dirname(path));
    this.names.set(path, { identity: `node-${this.nodes++}`, bytes: toBytes(content) });
  }

  append(path: string, content: string): void {
    const node = this.nodeAt(path);
    node.bytes = Uint8Array.from([...node.bytes, ...toBytes(content)]);
  }

  /** Empties a file that stays the same file, and writes anew. */
  truncate(path: string, content: string): void {
    this.nodeAt(path).bytes = toBytes(content);
  }

  paths(): readonly string[] {
    return [...this.names.keys()].sort();
  }

  openTemporary(): OpenFile {
    const path = '/temporary';
    const file = this.open(path, 'write');
    this.names.delete(path);
    return file;
  }

  open(path: string, mode: 'read' | 'append' | 'write'): OpenFile {
    this.check('open', path);
    if (mode !== 'read' && !this.directories.has(dirname(path))) throw platformError('ENOENT', path);
    if (mode === 'write' || (mode === 'append' && !this.names.has(path))) this.put(path, '');
    const node = this.nodeAt(path);
    this.openCount++;
    let closed = false;
    return {
      read: (target, offset, length, position) => {
        this.check('read', path);
        const part = node.bytes.subarray(position, position + Math.min(length, this.readBytes));
        target.set(part, offset);
        return part.length;
      },
      write: (bytes) => {
        this.check('write', path);
        if (this.usedBytes() + bytes.length > this.capacityBytes) throw platformError('ENOSPC', path);
        const longer = new Uint8Array(node.bytes.length + bytes.length);
        longer.set(node.bytes);
        longer.set(bytes, node.bytes.length);
        node.bytes = longer;
      },
      sync: () => this.check('sync', path),
      syncSoon: async () => this.check('sync', path),
      status: () => statusOf(node),
      close: () => {
        if (closed) throw platformError('EBADF', path);
        closed = true;
        this.openCount--;
      },
    };
  }

  stat(path: string): FileStatus | undefined {
    const node = this.names.get(path);
    if (node !== undefined) return statusOf(node);
    if (!this.directories.has(path)) return undefined;
    return { sizeBytes: 0, modifiedMs: 0, identity: `directory-${path}`, directory: true };
  }

  readText(path: string): string {
    return new TextDecoder().decode(this.nodeAt(path).bytes);
  }

  list(directory: string): readonly string[] {
    return this.paths()
      .filter((path) => dirname(path) === directory)
      .map((path) => path.slice(directory.length + 1));
  }

  makeDirectory(path: string): void {
    for (let at = path; at !== '/'; at = dirname(at)) this.directories.add(at);
  }

  rename(from: string, to: string): void {
    this.check('rename', from);
    this.names.set(to, this.nodeAt(from));
    this.names.delete(from);
  }

  remove(path: string): void {
    this.names.delete(path);
  }

  glob(pattern: string, base: string): readonly string[] {
    const absolute = resolve(base, pattern);
    return this.paths().filter((path) => matchesGlob(path, absolute));
  }

  private usedBytes(): number {
    return [...this.names.values()].reduce((sum, node) => sum + node.bytes.length, 0);
  }

  private nodeAt(path: string): Node {
    const node = this.names.get(path);
    if (node === undefined) throw platformError('ENOENT', path);
    return node;
  }

  private check(operation: string, path: string): void {
    const code = this.failures.get(`${operation} ${path}`) ?? this.failures.get(`${operation} *`);
    if (code !== undefined) throw platformError(code, path);
  }
}

const toBytes = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;

const statusOf = (node: Node): FileStatus => ({
  sizeBytes: node.bytes.length,
  modifiedMs: 0,
  identity: node.identity,
  directory: false,
});
