import type { z } from 'zod';
import { type Field, walkFields } from '../runtime/src/contract/schema-walk.ts';
import { type Kind, kinds } from './definition.ts';

/** What changing a field of a running job does, in words. */
const changeWords: Readonly<Record<string, string>> = {
  operator: 'nothing restarts',
  live: 'taken over while it runs',
  rescale: 'rescaled while it runs',
  'switch-over': 'switch-over',
  immutable: 'refused',
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** What may stand there. */
const valuesOf = ({ inner, meta }: Field): string => {
  if (typeof meta['expected'] === 'string') return meta['expected'];
  const def = inner._zod.def;
  if (def.type === 'enum')
    return Object.values(def.entries)
      .map((value) => `\`${value}\``)
      .join(', ');
  if (def.type === 'literal') return def.values.map((value) => `\`${String(value)}\``).join(', ');
  return def.type === 'boolean' ? '`true`, `false`' : '';
};

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** What it is when nobody writes it. */
const absenceOf = ({ optional, defaultValue, meta }: Field): string => {
  if (!optional) return '**required**';
  if (typeof meta['absent'] === 'string') return meta['absent'];
  return isPlain(defaultValue) ? `\`${String(defaultValue)}\`` : '';
};

const specRow = (path: readonly string[], field: Field): string => {
  const change = changeWords[String(field.meta['change'])] ?? '';
  const cells = [
    `\`${path.join('.').replaceAll('.[]', '[]').replaceAll('.{}', '.*')}\``,
    String(field.meta['description']),
    valuesOf(field),
    absenceOf(field),
    change,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
};

const isNamed = (path: readonly string[]): boolean =>
  path.length > 0 && !['[]', '{}'].includes(path.at(-1) ?? '');

const specTable = (schema: z.core.$ZodType): string[] => {
  const rows: string[] = [];
  walkFields(schema, (path, field) => {
    if (isNamed(path) && path[0] === 'spec' && path.length > 1) rows.push(specRow(path, field));
  });
  return ['| field | what it is | values | when left out | a change is |', '|---|---|---|---|---|', ...rows];
};

const statusTable = (schema: z.core.$ZodType): string[] => {
  const rows: string[] = [];
  walkFields(schema, (path, { meta }) => {
    if (!isNamed(path)) return;
    const name = path.join('.').replaceAll('.[]', '[]');
    rows.push(`| \`status.${name}\` | ${cell(String(meta['description'] ?? ''))} |`);
  });
  return ['| field | what it tells |', '|---|---|', ...rows];
};

const chapter = (kind: Kind): string[] => [
  `## ${kind.kind}`,
  '',
  kind.description,
  '',
  ...specTable(kind.schema),
  '',
  ...statusTable(kind.status),
  '',
];

/** The page that documents every field. */
export const fieldsPage = (): string =>
  [
    '# Fields',
    '',
    '<!-- Made by `npm run gen` from runtime/src/contract: do not edit. -->',
    '',
    'What a change of a field does to a running job: *nothing restarts*: only what the operator does from now on; *taken over while it runs*:',
    'the running job heeds it; *rescaled while it runs*: slots come or go; *switch-over*: a new revision takes over at a checkpoint; *refused*:',
    'only a new object can have another value.',
    '',
    ...kinds.flatMap(chapter),
  ].join('\n');
