import { gzipSync } from 'node:zlib';

/** An entry of an archive, as a test wants it. */
export interface Entry {
  readonly path: string;
  readonly text?: string;
  /** Of tar: `0` a file, `5` a directory, `2` a symbolic link, `x` a header of pax … */
  readonly type?: string;
  readonly prefix?: string;
}

const header = ({ path, text = '', type = '0', prefix = '' }: Entry): Buffer => {
  const block = Buffer.alloc(512);
  block.write(path, 0, 100);
  block.write('0000644\0', 100);
  block.write(`${Buffer.byteLength(text).toString(8).padStart(11, '0')}\0`, 124);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\0' + '00', 257);
  block.write(prefix, 345, 155);
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
};

export const tarOf = (...entries: readonly Entry[]): Buffer =>
  Buffer.concat([
    ...entries.flatMap((entry) => {
      const body = Buffer.from(entry.text ?? '');
      return [header(entry), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
    }),
    Buffer.alloc(1024),
  ]);

/** The header of pax that gives the next entry its path. */
export const paxPath = (path: string): Entry => {
  const record = ` path=${path}\n`;
  const bytes = Buffer.byteLength(record);
  const digits = String(bytes + String(bytes).length).length;
  return { path: 'pax', type: 'x', text: `${bytes + digits}${record}` };
};

export const bundleOf = (...entries: readonly Entry[]): Buffer => gzipSync(tarOf(...entries));
