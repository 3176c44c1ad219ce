import type { Terminal } from './command-io.ts';

/** The part of a standard stream of Node that a terminal needs. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(chunk: string | Uint8Array, ...others: never[]): boolean;
}

type Handler = (write: () => void, endsLine: boolean) => void;

const endsLine = (chunk: string | Uint8Array): boolean =>
  typeof chunk === 'string' ? chunk.endsWith('\n') : chunk.at(-1) === 10;

/** Tells the handler of every write to a stream. The returned function puts the stream's own method back. */
const intercept = (stream: TerminalStream, handler: Handler): (() => void) => {
  const own = stream.write;
  stream.write = (chunk, ...others): boolean => {
    if (chunk.length === 0) return own.call(stream, chunk, ...others);
    let room = true;
    handler(() => {
      room = own.call(stream, chunk, ...others);
    }, endsLine(chunk));
    return room;
  };
  return () => {
    stream.write = own;
  };
};

/**
 * The terminal behind standard error, or undefined. Two standard streams that are both terminals are taken for the same one.
 * Sizes that a terminal does not know are those of the oldest.
 */
export const nodeTerminal = (output: TerminalStream, error: TerminalStream): Terminal | undefined => {
  if (error.isTTY !== true) return undefined;
  const draw = error.write.bind(error);
  return {
    get columns() {
      return error.columns || 80;
    },
    get rows() {
      return error.rows || 24;
    },
    draw: (text) => void draw(text),
    onText: (handler) => {
      const streams = output.isTTY === true ? [output, error] : [error];
      const releases = streams.map((stream) => intercept(stream, handler));
      return () => {
        for (const release of releases) release();
      };
    },
  };
};
