import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareTarget } from '../../src/cli/bare-target.ts';
import { freezeTarget } from '../../src/cli/freeze-target.ts';
import { FakeIo, systemError } from './fake-io.ts';

const job = { 'job.ts': 'export default () => undefined;\n' };

/** A machine on whose disk these folders cannot be written. */
const withoutRoom = (isFull: (path: string) => boolean, code = 'EROFS'): FakeIo =>
  new FakeIo({
    files: job,
    system: (real) => ({
      files: {
        ...real.files,
        makeDirectory: (path) => {
          if (isFull(path)) throw systemError(code, { path });
          real.files.makeDirectory(path);
        },
      },
    }),
  });

const freeze = (io: FakeIo): ReturnType<typeof freezeTarget> =>
  freezeTarget(io, bareTarget(join(io.workingDirectory, 'job.ts')));

describe('the bundle of a job', () => {
  it('lies beside the job', async () => {
    const io = new FakeIo({ files: job });
    const { path, sha256 } = await freeze(io);
    expect(path).toBe(join(io.workingDirectory, '.millrace/artifacts', `${sha256}.mjs`));
  });

  it.each(['EROFS', 'EACCES', 'ENOSPC'])(
    'lies in a temporary folder of its own where the folder of the job cannot be written: %s',
    async (code) => {
      const io = withoutRoom((path) => path.includes('.millrace/'), code);
      const { path } = await freeze(io);
      const folder = dirname(path);
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      expect(folder).toMatch(new RegExp(`^${tmpdir()}/millrace-[0-9a-f]{32}$`));
      expect(readdirSync(io.workingDirectory)).toEqual(['job.ts']);
    },
  );

  it('is refused with folder and advice when there is no room anywhere', async () => {
    await expect(freeze(withoutRoom(() => true, 'ENOSPC'))).rejects.toMatchObject({
      code: 'io',
      message: 'The bundled job cannot be written: ENOSPC: it went wrong',
      where: { folder: expect.stringContaining('millrace-') as string },
      hint: 'Make room on that disk, or let TMPDIR name a folder that can be written.',
    });
  });

  it('is not tried a second time when the code is what is wrong', async () => {
    const io = new FakeIo({ files: { 'job.ts': 'export default (' } });
    await expect(freeze(io)).rejects.toMatchObject({ code: 'job-invalid' });
  });
});
