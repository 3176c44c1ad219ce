import { firstMarked } from './byte-words.ts';

/** Four characters as digits: a byte from 0 to 9 for each that is one. */
const asDigits = (word: number): number => (word - 0x30303030) | 0;

/** Marks the bytes of `asDigits` that are none, by the high bit; the lowest mark is always right. */
const otherThanDigits = (digits: number): number => (digits | (digits + 0x76767676)) & 0x80808080;

/** The number that four digits write. */
const numberOf = (digits: number): number => {
  const pairs = Math.imul(digits, 10) + (digits >>> 8);
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
};

/** The position of the first byte from `start` on that is no digit. */
export const digitsEnd = (view: DataView, start: number): number => {
  let position = start;
  for (;;) {
    const others = otherThanDigits(asDigits(view.getInt32(position, true)));
    if (others !== 0) return position + firstMarked(others);
    position += 4;
  }
};

/** Reads runs of decimal digits, four at a time. Exact as long as all of them together are no more than 15. */
export class Digits {
  /** The number that the digits read so far write. NaN at first, so that the field always holds a double. */
  value: number = Number.NaN;
  private readonly powersOfTen = Float64Array.of(1, 10, 100, 1000);

  /** Reads the digits from `start` on, behind those of `before`: the position of the first byte that is none. */
  read(view: DataView, start: number, before: number): number {
    let value = before;
    let position = start;
    let digits = asDigits(view.getInt32(position, true));
    let others = otherThanDigits(digits);
    while (others === 0) {
      value = value * 10_000 + numberOf(digits);
      position += 4;
      digits = asDigits(view.getInt32(position, true));
      others = otherThanDigits(digits);
    }
    const count = firstMarked(others);
    // What is no digit is shifted out; zeros come in front.
    if (count > 0) value = value * this.powersOfTen[count]! + numberOf(digits << (32 - 8 * count));
    this.value = value;
    return position + count;
  }
}
