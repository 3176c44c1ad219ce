/** Ascending numbers as ranges such as `0-31,40`. Numbers may come more than once. */
export const formatRanges = (numbers: Iterable<number>): string => {
  const sorted = [...new Set(numbers)].sort((one, other) => one - other);
  const ranges: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    const from = sorted[at] as number;
    let to = from;
    while (sorted[++at] === to + 1) to++;
    ranges.push(from === to ? `${from}` : `${from}-${to}`);
  }
  return ranges.join(',');
};

/** The numbers that `formatRanges` wrote, below a bound; undefined = the text is none of its. */
export const parseRanges = (text: string, bound: number): readonly number[] | undefined => {
  const numbers: number[] = [];
  if (text === '') return numbers;
  for (const range of text.split(',')) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(range);
    if (match === null) return undefined;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (to < from || to >= bound || from <= (numbers.at(-1) ?? -1)) return undefined;
    for (let number = from; number <= to; number++) numbers.push(number);
  }
  return numbers;
};
