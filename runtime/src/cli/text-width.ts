/** Letters of East Asia and pictures take two places on a terminal. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;
/** Marks over another letter, joiners and selectors take none. */
const none = /^[\p{Mn}\p{Me}\p{Cf}]/u;

const widthOf = (character: string): number => {
  if (none.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
};

/** Places that a text without control characters takes on a terminal. */
export const textWidth = (text: string): number => {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
};

/** The text, or as much of it as fits with an ellipsis behind. Never cuts a character in two. */
export const shorten = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return width > 0 ? `${kept}…` : '';
};

/** The text with blanks behind it up to a width. */
export const padBehind = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - textWidth(text)));
