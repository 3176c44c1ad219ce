import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { MillraceError } from '../../contract/errors.ts';
import { reasonOf } from '../../contract/reason.ts';
import { ownVersion } from '../../sys/own-version.ts';
import type { System } from '../../sys/system.ts';
import type { CommandIo, Outcome } from '../command-io.ts';
import { projectFiles } from '../templates.ts';

const examples = `
Examples:
  millrace new shop-turnover && cd shop-turnover && npm install && npm start`;

/** A name that npm and Kubernetes take alike. */
const namePattern = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;

const checkName = (name: string): void => {
  if (name === 'millrace') {
    throw new MillraceError('manifest-invalid', 'A project cannot be named after the package it needs.', {
      hint: 'npm would not install it; choose another name.',
    });
  }
  if (namePattern.test(name)) return;
  throw new MillraceError('manifest-invalid', `“${name}” cannot be the name of a job.`, {
    hint: 'Use up to 40 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash.',
  });
};

const writeFiles = ({ files }: System, directory: string, texts: Readonly<Record<string, string>>): void => {
  files.makeDirectory(directory);
  const encoder = new TextEncoder();
  for (const [path, text] of Object.entries(texts)) {
    const file = files.open(join(directory, path), 'write');
    file.write(encoder.encode(text));
    file.close();
  }
};

/** Writes the files of a new project; refuses a folder that has something in it. */
export const createProject = (io: CommandIo, name: string): string => {
  checkName(name);
  const { files } = io.system;
  const directory = resolve(io.workingDirectory, name);
  const there = files.stat(directory);
  if (there !== undefined && (!there.directory || files.list(directory).length > 0)) {
    throw new MillraceError(
      'manifest-invalid',
      `There is already something at ${name}; nothing was written.`,
      {
        where: { folder: directory },
        hint: 'Choose another name, or empty the folder.',
      },
    );
  }
  try {
    writeFiles(io.system, directory, projectFiles(name, ownVersion(io.system)));
  } catch (error) {
    throw new MillraceError('io', `The project cannot be written: ${reasonOf(error)}`, {
      cause: error,
      where: { folder: directory },
      hint: 'Go to a folder that you may write to, on a disk that has room; what is there of it by now can be removed.',
    });
  }
  return directory;
};

/** `millrace new`. */
export const addNew = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  program
    .command('new')
    .description('Make a project with a job that runs and has a test.')
    .argument('<name>', 'name of the job and of its folder')
    .addHelpText('after', examples)
    .action((name: string) => {
      createProject(io, name);
      io.out(`Made ${name}/. Next:\n\n  cd ${name}\n  npm install\n  npm start\n  npm test\n`);
    });
};
