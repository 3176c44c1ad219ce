/** The field values of one CSV record given as text, quotes and doubled quotes resolved: for headers, not for data. */
export const parseCsvLine = (line: string, delimiter: string): string[] => {
  const values: string[] = [];
  let position = 0;
  for (;;) {
    let value = '';
    if (line[position] === '"') {
      position++;
      for (;;) {
        const quote = line.indexOf('"', position);
        const end = quote < 0 ? line.length : quote;
        value += line.slice(position, end);
        position = end + 1;
        if (line[position] !== '"') break;
        value += '"';
        position++;
      }
    }
    const next = line.indexOf(delimiter, position);
    const end = next < 0 ? line.length : next;
    value += line.slice(position, end);
    values.push(value);
    if (next < 0) return values;
    position = end + 1;
  }
};
