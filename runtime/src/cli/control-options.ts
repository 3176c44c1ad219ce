import { type Command, Option } from 'commander';

/** The port that Flink's users look at first. */
const usualControlPort = 8081;
export const usualControl: string = `http://127.0.0.1:${usualControlPort}`;

/** The options of every command that talks to a running job. */
export interface ControlOptions {
  readonly control?: string;
  readonly tokenFile?: string;
  readonly authority?: string;
  readonly output: 'text' | 'json';
}

const help = `
Without --control the address is that in MILLRACE_CONTROL, else ${usualControl};
without --token-file the file is that in MILLRACE_TOKEN_FILE.`;

/** Adds them to a command. */
export const addControlOptions = (command: Command): Command =>
  command
    .option('-c, --control <url>', 'where the job serves its control API')
    .option('--token-file <file>', 'a file with the token of the job')
    .option('--authority <file>', 'for https: the certificates (PEM) that sign those of the job')
    .addOption(
      new Option('-o, --output <form>', 'form of the answer').choices(['text', 'json']).default('text'),
    )
    .addHelpText('after', help);
