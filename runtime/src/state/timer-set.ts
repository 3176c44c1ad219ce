import { grownIntegers, grownLength, grownNumbers } from './capacity.ts';
import { MemoryAccount } from './memory-account.ts';

const leastSlots = 8;
/** Filled further than this, linear probing gets slow. */
const fullest = 0.6;

/**
 * The timers that wait, each of them once: open addressing from (row, time, namespace) to a small dense number, the timer's
 * id. The id of a removed timer is given to the next one. A slot is two integers, id + 1 (0 = empty) and the hash, so that
 * probing and moving entries look at nothing else.
 */
export class TimerSet {
  size = 0;
  private slots: Int32Array = new Int32Array(leastSlots * 2);
  private mask: number = leastSlots - 1;
  private most: number = Math.floor(leastSlots * fullest);
  private times: Float64Array = new Float64Array(0);
  /** By id; for a free id, the id that became free before it (−1 = none). */
  private rows: Int32Array = new Int32Array(0);
  /** By id; absent while all namespaces are 0, as those of users' timers are. */
  private namespaces: Float64Array | undefined;
  private idLimit = 0;
  private lastFree = -1;
  private readonly account: MemoryAccount;

  constructor(account: MemoryAccount = new MemoryAccount()) {
    this.account = account;
    account.grow(this.slots.byteLength);
  }

  /** Adds a timer; its id, or −1 when it is there already. */
  add(row: number, timeMs: number, namespace: number): number {
    const hash = hashOf(row, timeMs, namespace);
    if (this.find(hash, row, timeMs, namespace) >= 0) return -1;
    if (this.size >= this.most) this.grow();
    const id = this.takeId();
    this.times[id] = timeMs;
    this.rows[id] = row;
    if (namespace !== 0) this.namespaces ??= this.newNamespaces();
    if (this.namespaces !== undefined) this.namespaces[id] = namespace;
    this.enter(id + 1, hash);
    this.size += 1;
    return id;
  }

  /** Removes a timer. Returns the id that it had, or −1 when it is not there. */
  remove(row: number, timeMs: number, namespace: number): number {
    const position = this.find(hashOf(row, timeMs, namespace), row, timeMs, namespace);
    if (position < 0) return -1;
    const id = this.slots[position * 2]! - 1;
    this.empty(position);
    this.rows[id] = this.lastFree;
    this.lastFree = id;
    this.size -= 1;
    return id;
  }

  /** The row of a timer that waits. */
  rowAt(id: number): number {
    return this.rows[id]!;
  }

  namespaceAt(id: number): number {
    return this.namespaces === undefined ? 0 : this.namespaces[id]!;
  }

  memoryBytes(): number {
    const columns = this.times.byteLength + this.rows.byteLength + (this.namespaces?.byteLength ?? 0);
    return this.slots.byteLength + columns;
  }

  /** Position of the slot of a timer; −1 when there is none. */
  private find(hash: number, row: number, timeMs: number, namespace: number): number {
    const { slots, mask, rows, times } = this;
    let position = hash & mask;
    for (let slot = slots[position * 2]!; slot !== 0; slot = slots[position * 2]!) {
      if (slots[position * 2 + 1] === hash) {
        const id = slot - 1;
        const same = rows[id] === row && times[id] === timeMs;
        if (same && this.namespaceAt(id) === namespace) return position;
      }
      position = (position + 1) & mask;
    }
    return -1;
  }

  private enter(slot: number, hash: number): void {
    const { slots, mask } = this;
    let position = hash & mask;
    while (slots[position * 2] !== 0) position = (position + 1) & mask;
    slots[position * 2] = slot;
    slots[position * 2 + 1] = hash;
  }

  private takeId(): number {
    const id = this.lastFree;
    if (id >= 0) {
      this.lastFree = this.rows[id]!;
      return id;
    }
    if (this.idLimit === this.rows.length) {
      const length = grownLength(this.rows.length, this.idLimit + 1);
      this.times = grownNumbers(this.times, length, this.account);
      this.rows = grownIntegers(this.rows, length, this.account);
      if (this.namespaces !== undefined) {
        this.namespaces = grownNumbers(this.namespaces, length, this.account);
      }
    }
    return this.idLimit++;
  }

  private newNamespaces(): Float64Array {
    this.account.grow(this.rows.length * 8);
    return new Float64Array(this.rows.length);
  }

  private grow(): void {
    const { slots } = this;
    const length = slots.length;
    this.account.replace(slots.byteLength, length * 8);
    this.slots = new Int32Array(length * 2);
    this.mask = length - 1;
    this.most = Math.floor(length * fullest);
    for (let at = 0; at < length; at += 2) if (slots[at] !== 0) this.enter(slots[at]!, slots[at + 1]!);
  }

  /** Empties a slot and moves later ones back, so that none is cut off from its home. */
  private empty(position: number): void {
    const { slots, mask } = this;
    let hole = position;
    let next = (hole + 1) & mask;
    for (let slot = slots[next * 2]!; slot !== 0; slot = slots[next * 2]!) {
      const hash = slots[next * 2 + 1]!;
      if (((next - hash) & mask) >= ((next - hole) & mask)) {
        slots[hole * 2] = slot;
        slots[hole * 2 + 1] = hash;
        hole = next;
      }
      next = (next + 1) & mask;
    }
    slots[hole * 2] = 0;
  }
}

const high = 1 / 0x1_0000_0000;

/** A mix of the parts of a timer, as a 32-bit integer. */
const hashOf = (row: number, timeMs: number, namespace: number): number => {
  let mixed = Math.imul(row + 1, 0x9e37_79b1) ^ Math.imul(timeMs | 0, 0x85eb_ca6b);
  mixed ^= Math.imul((timeMs * high) | 0, 0xc2b2_ae35);
  if (namespace !== 0) {
    mixed ^= Math.imul(namespace | 0, 0x27d4_eb2f) ^ Math.imul((namespace * high) | 0, 0x1656_67b1);
  }
  const folded = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b_3c6d);
  return folded ^ (folded >>> 13);
};
