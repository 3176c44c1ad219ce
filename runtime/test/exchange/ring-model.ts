/**
 * The two ends of a ring as machines of single memory accesses, so that a test can run them in every possible order. What
 * each access does is written down once more from the description of the algorithm; another test lets the model and the real
 * ring run side by side and compares their memory.
 */
const partHeaderBytes = 8;

/** A wrong algorithm, to show that the exploration finds what it looks for. */
export type Flaw = 'publishes before it copies' | 'frees before it copies' | undefined;

export interface RingState {
  readonly cells: number[];
  readWord: number;
  writeWord: number;
  readonly writer: WriterState;
  readonly reader: ReaderState;
}

interface WriterState {
  step: 'load' | 'copy' | 'publish' | 'done';
  frame: number;
  from: number;
  position: number;
  /** Bytes of the part being written, header included, and how many of them are there. */
  part: number[];
  copied: number;
}

interface ReaderState {
  step: 'load' | 'length' | 'copy' | 'free';
  position: number;
  length: number;
  more: boolean;
  bytes: number[];
  /** Of the frame whose parts have come. */
  frame: number[];
  readonly received: number[][];
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export const newRing = (capacity: number, position: number): RingState => ({
  cells: new Array<number>(capacity).fill(0),
  readWord: position,
  writeWord: position,
  writer: { step: 'load', frame: 0, from: 0, position, part: [], copied: 0 },
  reader: { step: 'load', position, length: 0, more: false, bytes: [], frame: [], received: [] },
});

/** A header as the machine lays it out: length and flag, little-endian. */
const header = (length: number, more: boolean): number[] => [
  length & 255,
  (length >> 8) & 255,
  0,
  0,
  more ? 1 : 0,
  0,
  0,
  0,
];

const planPart = (state: RingState, frames: readonly number[][]): void => {
  const { writer, cells } = state;
  const frame = frames[writer.frame] as number[];
  const room = cells.length - ((writer.position - state.readWord) >>> 0) - partHeaderBytes;
  const rest = frame.length - writer.from;
  if (room < rest && room < cells.length / 4) return;
  const length = Math.min(rest, room - (room % 8));
  const bytes = frame.slice(writer.from, writer.from + length);
  writer.part = [...header(length, writer.from + length < frame.length), ...bytes];
  writer.copied = 0;
  writer.step = 'copy';
};

const publish = (state: RingState): void => {
  const length = state.writer.part.length - partHeaderBytes;
  state.writeWord = (state.writer.position + partHeaderBytes + padded(length)) >>> 0;
};

/** One access of the writer. False = it can only wait. */
export const stepWriter = (state: RingState, frames: readonly number[][], flaw: Flaw): boolean => {
  const { writer, cells } = state;
  switch (writer.step) {
    case 'load':
      planPart(state, frames);
      return writer.part.length > 0;
    case 'copy':
      if (flaw === 'publishes before it copies' && writer.copied === 0) publish(state);
      cells[(writer.position + writer.copied) % cells.length] = writer.part[writer.copied] as number;
      writer.copied++;
      if (writer.copied === writer.part.length) writer.step = 'publish';
      return true;
    case 'publish': {
      publish(state);
      writer.position = state.writeWord;
      writer.from += writer.part.length - partHeaderBytes;
      writer.part = [];
      writer.step = 'load';
      if (writer.from < (frames[writer.frame] as number[]).length) return true;
      writer.from = 0;
      writer.frame++;
      if (writer.frame === frames.length) writer.step = 'done';
      return true;
    }
    case 'done':
      return false;
  }
};

const free = (state: RingState): void => {
  state.readWord = (state.reader.position + partHeaderBytes + padded(state.reader.length)) >>> 0;
};

/** One access of the reader. False = there is nothing to read. */
export const stepReader = (state: RingState, flaw: Flaw): boolean => {
  const { reader, cells } = state;
  const cell = (at: number): number => cells[(reader.position + at) % cells.length] as number;
  switch (reader.step) {
    case 'load':
      if (state.writeWord === reader.position) return false;
      reader.step = 'length';
      return true;
    case 'length':
      // A flawed writer lets the reader see any length.
      reader.length = Math.min(cell(0) + cell(1) * 256, cells.length);
      reader.more = cell(4) === 1;
      reader.bytes = [];
      reader.step = reader.length === 0 ? 'free' : 'copy';
      return true;
    case 'copy':
      if (flaw === 'frees before it copies' && reader.bytes.length === 0) free(state);
      reader.bytes.push(cell(partHeaderBytes + reader.bytes.length));
      if (reader.bytes.length === reader.length) reader.step = 'free';
      return true;
    case 'free':
      free(state);
      reader.position = state.readWord;
      reader.frame.push(...reader.bytes);
      if (!reader.more) reader.received.push(reader.frame.splice(0));
      reader.step = 'load';
      return true;
  }
};
