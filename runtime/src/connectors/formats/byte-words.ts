/**
 * Marks, by the high bit, the bytes of a word that end a run of plain string bytes: controls, quote, backslash and what is
 * not ASCII. The lowest mark is always right; marks above it may be wrong, as borrows run upwards. Flipping one bit puts
 * the quote just above the controls, so that one subtraction finds both.
 */
export const specialBytes = (word: number): number =>
  (((word ^ 0x02020202) - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101) | word) & 0x80808080;

/** The number of the lowest byte that is marked. */
export const firstMarked = (marks: number): number => (31 - Math.clz32(marks & -marks)) >> 3;

/** The position of the first byte from `start` on that is not plain. */
export const plainStringEnd = (view: DataView, start: number): number => {
  let position = start;
  for (;;) {
    const special = specialBytes(view.getInt32(position, true));
    if (special !== 0) return position + firstMarked(special);
    position += 4;
  }
};
