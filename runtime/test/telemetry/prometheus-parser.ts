/** One line of the text format. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ParsedSample[];
}

const plainText = (text: string): string =>
  text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));

const parseLabels = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {};
  const pair = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
  for (let rest = text; rest !== ''; ) {
    const match = pair.exec(rest);
    if (match === null) throw new Error(`no label: ${rest}`);
    const [all, name = '', value = ''] = match;
    if (Object.hasOwn(labels, name)) throw new Error(`label ${name} twice`);
    labels[name] = plainText(value);
    rest = rest.slice(all.length);
  }
  return labels;
};

const parseValue = (text: string): number => {
  if (/^nan$/i.test(text)) return NaN;
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (!/^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) throw new Error(`no value: ${text}`);
  return Number(text);
};

/** Reads the text format of Prometheus (0.0.4) and refuses what Prometheus would refuse. */
export const parsePrometheus = (text: string): ReadonlyMap<string, ParsedFamily> => {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, { help: string; type: string; samples: ParsedSample[] }>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.*)$/.exec(line);
    if (comment !== null) {
      const [, what, name = '', rest = ''] = comment;
      if (what === 'HELP') {
        if (families.has(name)) throw new Error(`family ${name} twice`);
        families.set(name, { help: rest, type: '', samples: [] });
      } else families.get(name)!.type = rest;
      current = name;
      continue;
    }
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null) throw new Error(`no sample: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    const family = families.get(current)!;
    const suffixes = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (!suffixes.some((suffix) => name === current + suffix)) throw new Error(`${name} in ${current}`);
    const parsed = { name, labels: parseLabels(labels), value: parseValue(value) };
    const series = name + JSON.stringify(Object.entries(parsed.labels).toSorted());
    if (seen.has(series)) throw new Error(`series ${series} twice`);
    seen.add(series);
    family.samples.push(parsed);
  }
  return families;
};
