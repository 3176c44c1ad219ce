/** Texts of jobs and records may not move the cursor or colour the terminal. Line breaks stay. */
export const visible = (text: string): string =>
  text.replaceAll('\t', ' ').replace(/[^\P{Cc}\n]|[\u2028\u2029]/gu, '\u{FFFD}');
