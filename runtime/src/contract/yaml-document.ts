import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { type Problem, shorten } from './problem.ts';

/** From the first to behind the last character. */
export type Range = readonly [start: number, end: number];

/** Where a value stands in the text, and those inside of it by name or index. */
export interface Located {
  readonly range: Range;
  /** Of the name in front of the value. */
  readonly keyRange?: Range;
  readonly members?: ReadonlyMap<string | number, Located>;
}

/** One document of a file as plain data, with the places of its values. */
export interface YamlDocument {
  readonly value: unknown;
  readonly located: Located;
}

/** A problem of the text itself. */
export interface YamlProblem {
  readonly problem: Problem;
  readonly range: Range;
  /** Whether what the rest of the file says cannot be told. */
  readonly fatal: boolean;
}

type Path = readonly (string | number)[];

/** Nobody needs more; a file of a few hundred bytes could otherwise stand for gigabytes. */
const mostAliases = 100;
/** Levels of nesting. */
export const deepest: number = 64;

/** A problem of the form “expected …, found …”. */
export const yamlProblem = (
  range: Range,
  path: Path,
  [expected, found, hint]: readonly [expected: string, found: string, hint?: string],
): YamlProblem => ({
  problem: { path, message: `expected ${expected}, found ${found}`, expected, found, hint },
  range,
  fatal: false,
});

const rangeOf = (node: Node, around: Range): Range => (node.range ? [node.range[0], node.range[1]] : around);

/**
 * Turns the nodes of one document into plain data, for which the library's own way cannot be taken: it knows no places and no
 * limit on nesting. Goes on after a problem, except where going on could take for ever.
 */
export class YamlConverter {
  readonly problems: YamlProblem[] = [];
  readonly #anchors: Map<string, Node> = new Map();
  #aliases: number = 0;
  #stopped: boolean = false;

  /** The value of a node; null for what is no node. `around` is its place when it has none of its own. */
  convert(node: unknown, path: Path, around: Range): YamlDocument {
    const isNode = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
    if (this.#stopped || !isNode) return { value: null, located: { range: around } };
    const range = rangeOf(node, around);
    if (path.length > deepest)
      return this.#stop(range, path, [`at most ${deepest} levels`, 'deeper nesting']);
    if (isAlias(node)) return this.#alias(node.source, path, range);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return this.#map(node.items, path, range);
    if (isSeq(node)) return this.#list(node.items, path, range);
    return { value: node.value, located: { range } };
  }

  #stop(range: Range, path: Path, words: readonly [string, string, string?]): YamlDocument {
    this.#stopped = true;
    this.problems.push({ ...yamlProblem(range, path, words), fatal: true });
    return { value: null, located: { range } };
  }

  #alias(name: string, path: Path, range: Range): YamlDocument {
    this.#aliases += 1;
    if (this.#aliases > mostAliases) {
      const found = 'more, counting those inside of others';
      return this.#stop(range, path, [`at most ${mostAliases} aliases`, found, 'Write the values out.']);
    }
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const hint = 'A * begins an alias: put the text in quotes if it is none.';
      return this.#stop(range, path, ['the name of an anchor further up', `*${shorten(name, 60)}`, hint]);
    }
    const { value, located } = this.convert(target, path, range);
    return { value, located: { ...located, range } };
  }

  #map(pairs: readonly { key: unknown; value: unknown }[], path: Path, range: Range): YamlDocument {
    const fields = new Map<string, unknown>();
    const members = new Map<string, Located>();
    for (const { key, value } of pairs) {
      const keyRange = isScalar(key) ? rangeOf(key, range) : range;
      const name = isScalar(key) ? this.#name(key.value, key.source) : undefined;
      if (name === undefined) {
        const found = isScalar(key) ? 'none' : 'a mapping, a list or an alias';
        this.problems.push(yamlProblem(keyRange, path, ['a name in front of each value', found]));
      } else if (members.has(name)) {
        const words = [
          'each field once',
          `${shorten(name, 60)} a second time`,
          'Remove one of the two.',
        ] as const;
        this.problems.push(yamlProblem(keyRange, [...path, name], words));
      } else {
        const converted = this.convert(value, [...path, name], keyRange);
        fields.set(name, converted.value);
        members.set(name, { ...converted.located, keyRange });
      }
    }
    return { value: Object.fromEntries(fields), located: { range, members } };
  }

  /** A name like `1` or `true` is what stands there, not what YAML makes of it. */
  #name(value: unknown, source: string | undefined): string | undefined {
    return value === null ? undefined : typeof value === 'string' ? value : (source ?? String(value));
  }

  #list(items: readonly unknown[], path: Path, range: Range): YamlDocument {
    const converted = items.map((item, index) => this.convert(item, [...path, index], range));
    const members = new Map(converted.map(({ located }, index) => [index, located] as const));
    return { value: converted.map(({ value }) => value), located: { range, members } };
  }
}
