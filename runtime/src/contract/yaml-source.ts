import { type Document, parseAllDocuments, type YAMLError } from 'yaml';
import { deepest, YamlConverter, type YamlDocument, type YamlProblem, yamlProblem } from './yaml-document.ts';

/** A text as YAML. */
export interface YamlFile {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly YamlProblem[];
}

/** Later syntax errors mostly follow from the first ones. */
const mostSyntaxErrors = 5;

const hints: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'Indent by spaces: YAML knows no tabs.',
  BAD_INDENT: 'Check the indentation, and that every bracket and brace is closed.',
  BAD_SCALAR_START: 'Put the text in quotes.',
  BLOCK_AS_IMPLICIT_KEY: 'Check the indentation and put texts with a colon in quotes.',
  MISSING_CHAR: 'Check that every quote, bracket and brace is closed.',
  MULTILINE_IMPLICIT_KEY: 'Check the line before: a quote or a colon may be missing.',
  TAG_RESOLVE_FAILED: 'Remove the tag: a manifest needs none.',
  UNEXPECTED_TOKEN: 'Check the indentation and the brackets.',
};

const tooDeep = [`at most ${deepest} levels`, 'deeper nesting'] as const;

const syntaxProblem = (error: YAMLError): YamlProblem => {
  if (error.code === 'RESOURCE_EXHAUSTION') return { ...yamlProblem(error.pos, [], tooDeep), fatal: true };
  const found = error.message.split('\n')[0]?.trim() ?? error.code;
  const message = `this is not YAML: ${found}`;
  const problem = { path: [], message, expected: 'YAML 1.2', found, hint: hints[error.code] };
  return { problem, range: error.pos, fatal: true };
};

/** The first of all that is said about one spot: the library repeats itself while it closes what is open. */
const firstOfEach = (problems: readonly YamlProblem[]): YamlProblem[] =>
  problems.filter(({ range }, index) => problems.findIndex((other) => other.range[0] === range[0]) === index);

interface Reading {
  readonly document?: YamlDocument;
  readonly problems: readonly YamlProblem[];
}

const readDocument = ({ errors, warnings, contents, directives, range }: Document.Parsed): Reading => {
  const syntax = [...errors, ...warnings].slice(0, 2 * mostSyntaxErrors).map(syntaxProblem);
  if (syntax.length > 0 || contents === null) return { problems: firstOfEach(syntax) };
  if (directives.yaml.version !== '1.2') {
    const hint = 'Remove the line that begins with %YAML.';
    const words = ['YAML 1.2', `YAML ${directives.yaml.version}`, hint] as const;
    return { problems: [{ ...yamlProblem([range[0], range[0]], [], words), fatal: true }] };
  }
  const converter = new YamlConverter();
  const document = converter.convert(contents, [], [range[0], range[1]]);
  const { problems } = converter;
  return document.value === null ? { problems } : { document, problems };
};

/**
 * The documents of a text as plain data, without those that are empty. Reads YAML 1.2 and so JSON. Never throws: what is wrong
 * with the text is in `problems`. Names like `__proto__` are ordinary fields of the data.
 */
export const readYaml = (text: string): YamlFile => {
  try {
    const parsed = parseAllDocuments(text, {
      version: '1.2',
      logLevel: 'silent',
      prettyErrors: false,
      resolveKnownTags: false,
      // Counted by the converter: the library compares every name with every other.
      uniqueKeys: false,
    });
    const readings = [...parsed].map(readDocument);
    const problems = readings.flatMap((reading) => reading.problems);
    const fatal = problems.filter((problem) => problem.fatal).slice(0, mostSyntaxErrors);
    return {
      documents: readings.flatMap(({ document }) => document ?? []),
      problems: fatal.length > 0 ? fatal : problems,
    };
  } catch (error) {
    // The library means to report and not to throw; what it forgets must not reach the user as a stack trace.
    const words =
      error instanceof RangeError
        ? tooDeep
        : (['YAML 1.2', `what cannot be read: ${String(error)}`] as const);
    return { documents: [], problems: [{ ...yamlProblem([0, 0], [], words), fatal: true }] };
  }
};
