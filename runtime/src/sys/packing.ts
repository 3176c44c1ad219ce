/** Texts that are kept in great numbers, are much alike, and are seldom looked at: each as little more than what it has of its own. */
export interface Packing {
  /** Little text of one byte a character: nothing else takes V8 so little memory. `like`: a text of the kind. */
  pack(text: string, like: Uint8Array): string;
  /** The text again. `like`: the very same. */
  unpack(packed: string, like: Uint8Array): string;
}
