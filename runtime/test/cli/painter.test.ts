import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Painter } from '../../src/cli/painter.ts';
import { Screen } from './screen.ts';

const painted = (): { readonly screen: Screen; readonly painter: Painter } => {
  const screen = new Screen();
  return { screen, painter: new Painter(screen) };
};

describe('the painter', () => {
  it('draws over what it drew before, however many lines that were', () => {
    const { screen, painter } = painted();
    painter.paint(['a', 'b', 'c']);
    painter.paint(['d']);
    expect(screen.shown).toEqual(['d']);
    painter.paint(['e', 'f']);
    expect(screen.shown).toEqual(['e', 'f']);
  });

  it('leaves nothing of a longer line behind a shorter one', () => {
    const { screen, painter } = painted();
    painter.paint(['a long line']);
    painter.paint(['short']);
    expect(screen.shown).toEqual(['short']);
  });

  it('keeps what stood on the terminal before it', () => {
    const screen = new Screen();
    screen.write('$ millrace run job.yaml\n');
    const painter = new Painter(screen);
    painter.paint(['panel']);
    painter.paint(['panel again']);
    expect(screen.shown).toEqual(['$ millrace run job.yaml', 'panel again']);
  });

  it('lets other text of the process go above it', () => {
    const { screen, painter } = painted();
    painter.paint(['panel']);
    screen.write('a result\n');
    screen.write('another\n');
    expect(screen.shown).toEqual(['a result', 'another', 'panel']);
  });

  it('stays away until a line that came in pieces has ended', () => {
    const { screen, painter } = painted();
    painter.paint(['panel']);
    screen.write('half ');
    expect(screen.shown).toEqual(['half ']);
    screen.write('and half\n');
    expect(screen.shown).toEqual(['half and half', 'panel']);
  });

  it('begins on a line of its own when a line of others has no end', () => {
    const { screen, painter } = painted();
    painter.paint(['panel']);
    screen.write('a prompt: ');
    painter.paint(['panel']);
    expect(screen.shown).toEqual(['a prompt: ', 'panel']);
  });

  it('goes on below when something that it does not know of may stand on the terminal', () => {
    const { screen, painter } = painted();
    painter.paint(['before']);
    screen.draw('warning of another thread\n');
    painter.goOn();
    painter.paint(['after']);
    expect(screen.shown).toEqual(['before', 'warning of another thread', 'after']);
  });

  it('leaves its last painting, and later text goes below', () => {
    const { screen, painter } = painted();
    painter.paint(['panel']);
    painter.end();
    screen.write('finished\n');
    expect(screen.shown).toEqual(['panel', 'finished']);
  });

  it('writes nothing before it has something to show', () => {
    const { screen } = painted();
    screen.write('log line\n');
    expect(screen.shown).toEqual(['log line']);
  });

  it('loses no text and leaves one panel at the bottom, whatever comes in whatever order', () => {
    const line = fc.stringMatching(/^[a-z]{1,8}$/);
    const action = fc.oneof(
      fc.record({ paint: fc.array(line, { minLength: 1, maxLength: 4 }) }),
      fc.record({ write: line }),
    );
    fc.assert(
      fc.property(fc.array(action), fc.array(line, { minLength: 1 }), (actions, last) => {
        const { screen, painter } = painted();
        for (const each of actions) {
          if ('paint' in each) painter.paint(each.paint);
          else screen.write(`${each.write}\n`);
        }
        painter.paint(last);
        const written = actions.flatMap((each) => ('write' in each ? [each.write] : []));
        expect(screen.shown).toEqual([...written, ...last]);
      }),
    );
  });
});
