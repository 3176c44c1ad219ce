/** `text` makes lines for people out of objects. Everything in it is pure: the time is an argument. */

/** Columns as wide as what is in them, two blanks apart; the last one ends where its text ends. */
export const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, text] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, text.length);
  return rows.map((row) =>
    row
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};

/** Something and what is below it. */
export interface TreeNode {
  readonly text: string;
  readonly children: readonly TreeNode[];
}

/** Draws a tree, a node a line. */
export const drawTree = ({ text, children }: TreeNode): readonly string[] => [
  text,
  ...children.flatMap((child, i) => {
    const isLast = i === children.length - 1;
    const [first = '', ...rest] = drawTree(child);
    return [`${isLast ? '└─' : '├─'} ${first}`, ...rest.map((line) => `${isLast ? '  ' : '│ '} ${line}`)];
  }),
];
