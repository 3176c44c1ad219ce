import { ByteWriter } from '../batch/codec.ts';

/** What a piece aims at. A row that is larger makes a piece of its own. */
const pieceBytes = 256 * 1024;
/** Rows of a piece at most, and of one whose values may have to be read from disk: that takes a few microseconds each. */
const mostRows = 16_384;
const mostRowsOnDisk = 1024;
/** Rows of the first piece, when nothing is known of their size. */
const firstRows = 512;

/** What the pieces of a snapshot share: how many rows make one, by how large those before were, and where they are written. */
export class PieceMaking {
  readonly writer: ByteWriter = new ByteWriter(pieceBytes + pieceBytes / 4);
  private bytesPerRow = pieceBytes / firstRows;
  private readonly mostRows: number;

  constructor(mayBeOnDisk = false) {
    this.mostRows = mayBeOnDisk ? mostRowsOnDisk : mostRows;
  }

  get rows(): number {
    return Math.min(this.mostRows, Math.max(1, Math.floor(pieceBytes / this.bytesPerRow)));
  }

  note(rows: number, bytes: number): void {
    // The mean of the last few: rows of one state are much alike.
    if (rows > 0) this.bytesPerRow += (bytes / rows - this.bytesPerRow) / 2;
  }
}
