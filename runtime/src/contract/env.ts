import * as z from 'zod';
import {
  about,
  anyText,
  block,
  checkedText,
  inCel,
  listOf,
  oneOf,
  present,
  type Rule,
  text,
  type Written,
} from './field.ts';
import { dataKey, namesOnce, objectName } from './names.ts';

/** One key of a ConfigMap or Secret. */
export interface KeySelector {
  readonly name: string;
  readonly key: string;
  readonly optional: boolean;
}

/** A whole ConfigMap or Secret. */
export interface ObjectReference {
  readonly name: string;
  readonly optional: boolean;
}

/** One variable (`name` with `value` or `valueFrom`), or all keys of a ConfigMap or Secret (`from`, with an optional `prefix`). */
export interface EnvironmentEntry {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
  readonly valueFrom?:
    | {
        readonly configMapKeyRef?: KeySelector | undefined;
        readonly secretKeyRef?: KeySelector | undefined;
        readonly fieldRef?: { readonly fieldPath: string } | undefined;
      }
    | undefined;
  readonly from?:
    | {
        readonly configMapRef?: ObjectReference | undefined;
        readonly secretRef?: ObjectReference | undefined;
      }
    | undefined;
  readonly prefix?: string | undefined;
}

/** What is wrong with a name, and the like in CEL. */
interface NameCheck {
  readonly broken: (name: string) => { readonly hint: string } | undefined;
  readonly cel?: string;
}

/** Node's own variables change the memory and the code that runs; Millrace derives them from the rest of the manifest. */
const notOfNode: NameCheck = {
  broken: (name) =>
    name.startsWith('NODE_')
      ? {
          hint: 'Variables that begin with NODE_ are set by Millrace; memory is set by spec.resources.memory.',
        }
      : undefined,
  cel: "!self.startsWith('NODE_')",
};

const variableName = (expected: string, { broken, cel }: NameCheck): z.ZodString =>
  checkedText(text(253, /^[A-Za-z_][A-Za-z0-9_.-]*$/, expected), broken, cel);

const keySelector = (kind: string): z.ZodType<KeySelector, Written<KeySelector>> =>
  block({
    name: objectName().meta(about('switch-over', `The name of the ${kind}, in the namespace of the job.`)),
    key: dataKey().meta(about('switch-over', `The key of the ${kind} whose value is taken.`)),
    optional: z
      .boolean()
      .default(false)
      .meta(
        about(
          'switch-over',
          `Whether the job starts without the variable when the ${kind} or key is not there.`,
        ),
      ),
  });

const objectReference = (kind: string): z.ZodType<ObjectReference, Written<ObjectReference>> =>
  block({
    name: objectName().meta(about('switch-over', `The name of the ${kind}, in the namespace of the job.`)),
    optional: z
      .boolean()
      .default(false)
      .meta(
        about('switch-over', `Whether the job starts without the variables when the ${kind} is not there.`),
      ),
  });

const valueFromSchema: z.ZodType<
  NonNullable<EnvironmentEntry['valueFrom']>,
  Written<NonNullable<EnvironmentEntry['valueFrom']>>
> = block(
  {
    configMapKeyRef: keySelector('ConfigMap')
      .optional()
      .meta(
        about('switch-over', 'Takes the value from a ConfigMap.', {
          absent: 'it does not come from a ConfigMap',
        }),
      ),
    secretKeyRef: keySelector('Secret')
      .optional()
      .meta(
        about('switch-over', 'Takes the value from a Secret.', { absent: 'it does not come from a Secret' }),
      ),
    fieldRef: block({
      fieldPath: text(
        256,
        /^[A-Za-z][\w.\-/'[\]]*$/,
        'the path of a field of the pod, such as metadata.name',
      ).meta(about('switch-over', 'The path of the field, such as spec.nodeName.')),
    })
      .optional()
      .meta(
        about('switch-over', 'Takes the value from a field of the pod.', {
          absent: 'it does not come from the pod',
        }),
      ),
  },
  oneOf(['configMapKeyRef', 'secretKeyRef', 'fieldRef']),
);

const fromSchema: z.ZodType<
  NonNullable<EnvironmentEntry['from']>,
  Written<NonNullable<EnvironmentEntry['from']>>
> = block(
  {
    configMapRef: objectReference('ConfigMap')
      .optional()
      .meta(
        about('switch-over', 'Takes all keys of a ConfigMap.', {
          absent: 'they do not come from a ConfigMap',
        }),
      ),
    secretRef: objectReference('Secret')
      .optional()
      .meta(
        about('switch-over', 'Takes all keys of a Secret.', { absent: 'they do not come from a Secret' }),
      ),
  },
  oneOf(['configMapRef', 'secretRef']),
);

/** `name` goes with `value` or `valueFrom`, `prefix` with `from`. */
const checkKindOfEntry: Rule = (entry) => {
  if (entry['from'] !== undefined) {
    return present(entry, ['name', 'value', 'valueFrom']).map((field) => ({
      path: [field],
      expected: `no ${field} beside from`,
      found: `${field} and from`,
    }));
  }
  if (entry['name'] === undefined) {
    return [
      {
        path: [],
        expected: 'an entry with name and value, name and valueFrom, or from',
        found: 'neither name nor from',
      },
    ];
  }
  const prefix = { path: ['prefix'], expected: 'prefix only beside from', found: 'prefix without from' };
  return [...(entry['prefix'] === undefined ? [] : [prefix]), ...oneOf(['value', 'valueFrom'])(entry)];
};

const oneKindOfEntry: Rule = inCel(
  checkKindOfEntry,
  {
    rule: 'has(self.from) ? !has(self.name) && !has(self.value) && !has(self.valueFrom) : has(self.name) && !has(self.prefix)',
    message: 'expected an entry with name and value, name and valueFrom, or from with an optional prefix',
  },
  {
    rule: 'has(self.from) || !has(self.name) || has(self.value) != has(self.valueFrom)',
    message: 'expected exactly one of value, valueFrom',
  },
);

type EntrySchema = z.ZodType<EnvironmentEntry, Written<EnvironmentEntry>>;
type EnvironmentSchema = z.ZodArray<EntrySchema>;

const entrySchema = (expected: string, check: NameCheck): EntrySchema =>
  block(
    {
      name: variableName(expected, check)
        .optional()
        .meta(about('switch-over', 'The name of the variable.', { absent: 'the entry is a from' })),
      value: anyText(32_768)
        .optional()
        .meta(about('switch-over', 'Its value.', { absent: 'the value is taken by valueFrom' })),
      valueFrom: valueFromSchema
        .optional()
        .meta(
          about('switch-over', 'Where its value is taken from.', { absent: 'the value stands in value' }),
        ),
      from: fromSchema.optional().meta(
        about('switch-over', 'Takes all keys of a ConfigMap or Secret as variables.', {
          absent: 'the entry is one variable',
          alsoKnownAs: ['envFrom'],
        }),
      ),
      prefix: variableName(expected, check)
        .optional()
        .meta(
          about('switch-over', 'What the names of these variables begin with.', {
            absent: 'their names are the keys',
          }),
        ),
    },
    oneKindOfEntry,
  );

/** A rule of the mapping around the list: no variable twice. */
export const variablesOnce: Rule = namesOnce(
  'env',
  'Remove one of the two: which of them would count is easy to get wrong.',
);

/** Variables of the environment of workers and coordinator. */
export const environmentSchema: EnvironmentSchema = listOf(
  entrySchema(`the name of a variable of letters, digits and _, that does not begin with NODE_`, notOfNode),
  128,
);

/** Variables of the environment of a container that is not ours, so that Node's variables are its own affair. */
export const sidecarEnvironmentSchema: EnvironmentSchema = listOf(
  entrySchema('the name of a variable of letters, digits and _', { broken: () => undefined }),
  64,
);
