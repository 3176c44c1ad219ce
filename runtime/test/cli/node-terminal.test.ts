import { describe, expect, it } from 'vitest';
import { nodeTerminal, type TerminalStream } from '../../src/cli/node-terminal.ts';

class FakeStream implements TerminalStream {
  readonly isTTY: boolean;
  columns?: number;
  rows?: number;
  text = '';
  hasRoom = true;

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(chunk: string | Uint8Array): boolean {
    this.text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    return this.hasRoom;
  }
}

const opened = (outputIsTerminal = true) => {
  const output = new FakeStream(outputIsTerminal);
  const error = new FakeStream(true);
  const terminal = nodeTerminal(output, error);
  if (terminal === undefined) throw new Error('It is a terminal.');
  return { output, error, terminal };
};

describe('the terminal behind standard error', () => {
  it('is none when standard error goes elsewhere', () => {
    expect(nodeTerminal(new FakeStream(true), new FakeStream(false))).toBeUndefined();
  });

  it('tells its size as it is now, and that of the oldest when it does not know', () => {
    const { error, terminal } = opened();
    expect([terminal.columns, terminal.rows]).toEqual([80, 24]);
    error.columns = 132;
    error.rows = 50;
    expect([terminal.columns, terminal.rows]).toEqual([132, 50]);
    error.columns = 0;
    expect(terminal.columns).toBe(80);
  });

  it('draws on standard error', () => {
    const { output, error, terminal } = opened();
    terminal.draw('panel');
    expect([output.text, error.text]).toEqual(['', 'panel']);
  });
});

describe('listening to what else is written', () => {
  const listen = (outputIsTerminal?: boolean) => {
    const all = opened(outputIsTerminal);
    const heard: boolean[] = [];
    const release = all.terminal.onText((write, endsLine) => {
      heard.push(endsLine);
      all.terminal.draw('<');
      write();
      all.terminal.draw('>');
    });
    return { ...all, heard, release };
  };

  it('hears both standard streams, before and after each text', () => {
    const { output, error, heard } = listen();
    error.write('log\n');
    output.write('result\n');
    expect(error.text).toBe('<log\n><>');
    expect(output.text).toBe('result\n');
    expect(heard).toEqual([true, true]);
  });

  it('does not hear standard output when it goes to a file: nothing of it is on the terminal', () => {
    const { output, error, heard } = listen(false);
    output.write('result\n');
    expect([output.text, error.text, heard]).toEqual(['result\n', '', []]);
  });

  it('tells whether a line has ended, for texts and for bytes', () => {
    const { output, heard } = listen();
    output.write('half');
    output.write('line\n');
    output.write(new TextEncoder().encode('half'));
    output.write(new TextEncoder().encode('line\n'));
    expect(heard).toEqual([false, true, false, true]);
  });

  it('is not disturbed by a text of no length, which only asks whether all was taken', () => {
    const { output, error } = listen();
    output.write('');
    output.write(new Uint8Array());
    expect(error.text).toBe('');
  });

  it('hands on whether the stream has room', () => {
    const { output } = listen();
    output.hasRoom = false;
    expect(output.write('much')).toBe(false);
    output.hasRoom = true;
    expect(output.write('more')).toBe(true);
  });

  it('does not hear what it draws itself', () => {
    const { terminal, heard } = listen();
    terminal.draw('panel');
    expect(heard).toEqual([]);
  });

  it('leaves the streams as they were when it ends', () => {
    const { output, error, release } = listen();
    release();
    output.write('result');
    error.write('log');
    expect([output.text, error.text]).toEqual(['result', 'log']);
  });
});
