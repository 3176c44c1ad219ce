/** The last of what a container has written, and who reads along. */
export class OutputLog {
  private text = '';
  private readonly readers = new Set<{ onText(text: string): void; onEnd(): void }>();

  /** At most so many characters are kept. */
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  add(text: string): void {
    this.text = (this.text + text).slice(-this.most);
    for (const reader of this.readers) reader.onText(text);
  }

  /** Nothing comes any more. */
  end(): void {
    for (const reader of this.readers) reader.onEnd();
    this.readers.clear();
  }

  /** The end of it, for a message. */
  tail(characters: number): string {
    return this.text.slice(-characters);
  }

  /** Tells all so far, and with `follow` all that comes. Returns how to stop. */
  read(follow: boolean, onText: (text: string) => void, onEnd: () => void): () => void {
    const reader = { onText, onEnd };
    onText(this.text);
    if (follow) this.readers.add(reader);
    else onEnd();
    return () => void this.readers.delete(reader);
  }
}
