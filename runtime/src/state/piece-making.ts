import { ByteWriter } from '../batch/codec.ts';

/** What a piece aims at. A row that is larger makes a piece of its own. */
const pieceBytes = 256 * 1024;
/** Rows of the first piece, when nothing is known of their size. */
const firstRows = 512;

/** What the pieces of a snapshot share: how many rows make one, by how large those before were, and where they are written. */
export class PieceMaking {
  readonly writer: ByteWriter = new ByteWriter(pieceBytes + pieceBytes / 4);
  private bytesPerRow = pieceBytes / firstRows;

  get rows(): number {
    return Math.min(16_384, Math.max(1, Math.floor(pieceBytes / this.bytesPerRow)));
  }

  note(rows: number, bytes: number): void {
    // The mean of the last few: rows of one state are much alike.
    if (rows > 0) this.bytesPerRow += (bytes / rows - this.bytesPerRow) / 2;
  }
}
