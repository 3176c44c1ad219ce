/**
 * How many typing errors turn one word into the other: letters left out, put in, mistaken or swapped with their neighbour
 * (Damerau–Levenshtein, each letter touched once). Upper and lower case are the same. A difference above `most` is `most + 1`.
 */
export const typingErrors = (left: string, right: string, most: number = Number.MAX_SAFE_INTEGER): number => {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      current.push(least);
    }
    beforeLast = last;
    last = current;
  }
  return Math.min(last[b.length] ?? 0, most + 1);
};

/** Words longer than this are not compared: nobody mistypes so much, and the work would grow with the square. */
const longestWord = 64;

/** The word that was probably meant, or undefined when none is near: at most a third of the letters may be wrong. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  if (word.length === 0 || word.length > longestWord) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const errors = typingErrors(word, candidate, least);
    if (errors < least) [best, least] = [candidate, errors];
  }
  return best;
};
