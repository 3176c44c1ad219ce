import type { EnvironmentEntry } from '../contract/env.ts';
import { MillraceError } from '../contract/errors.ts';
import type { CommandIo } from './command-io.ts';

/** A variable whose value a cluster takes from one of its objects, and a local run from the shell. */
export interface OutsideVariable {
  readonly name: string;
  /** Where the manifest says so: `spec.env[2]`. */
  readonly field: string;
  /** Whether the job starts without it. */
  readonly optional: boolean;
}

/** The variables of a job. */
export interface JobEnvironment {
  /** Those whose value stands in the manifest. */
  readonly values: Readonly<Record<string, string>>;
  readonly outside: readonly OutsideVariable[];
  /** Sentences about whole objects of variables, whose names nobody knows here. */
  readonly notes: readonly string[];
}

/** No variables: what a bare file has. */
export const emptyEnvironment: JobEnvironment = { values: {}, outside: [], notes: [] };

/** Reads `spec.env`. Pure. */
export const environmentOf = (entries: readonly EnvironmentEntry[]): JobEnvironment => {
  const values: Record<string, string> = {};
  const outside: OutsideVariable[] = [];
  const notes: string[] = [];
  for (const [place, { name, value, valueFrom, from }] of entries.entries()) {
    const field = `spec.env[${place}]`;
    if (name === undefined) {
      const object = from?.secretRef === undefined ? 'ConfigMap' : 'Secret';
      const reference = from?.secretRef ?? from?.configMapRef;
      notes.push(
        `${field} is ignored: a local run has no ${object} ${reference?.name ?? ''}; set its variables in your shell`,
      );
    } else if (valueFrom === undefined) {
      values[name] = value ?? '';
    } else {
      const { optional = false } = valueFrom.secretKeyRef ?? valueFrom.configMapKeyRef ?? {};
      outside.push({ name, field, optional });
    }
  }
  return { values, outside, notes };
};

/** The variables that must come from the shell and are not there. */
export const missingVariables = (io: CommandIo, { outside }: JobEnvironment): readonly OutsideVariable[] =>
  outside.filter(({ name, optional }) => !optional && io.environment[name] === undefined);

/** Gives the job's process the variables of the manifest. Those from outside are in it already, when the shell has them. */
export const setVariables = (io: CommandIo, { values }: JobEnvironment): void => {
  for (const [name, value] of Object.entries(values)) io.setVariable(name, value);
};

/**
 * Refuses to run a job without a variable that it is promised.
 * @throws MillraceError manifest-invalid naming the first such variable.
 */
export const requireVariables = (io: CommandIo, environment: JobEnvironment): void => {
  const [first] = missingVariables(io, environment);
  if (first === undefined) return;
  throw new MillraceError(
    'manifest-invalid',
    `The variable ${first.name} is not set: a cluster takes it from an object that a local run does not have.`,
    {
      where: { field: first.field },
      hint: `Set it in your shell: ${first.name}=… millrace run …`,
    },
  );
};
