/** One alternative name as Node writes it; what could be misread is quoted like a text of JSON. */
const alternativeName = /(?<kind>[^:,]+):(?<value>"(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g;

/** The names (URI or DNS) that a certificate is made out to, as they stand in `subjectaltname` of Node. */
export const certificateNames = (alternativeNames: string = ''): readonly string[] =>
  [...alternativeNames.matchAll(alternativeName)]
    .filter(({ groups }) => groups?.['kind'] === 'URI' || groups?.['kind'] === 'DNS')
    .map(({ groups }) => groups?.['value'] ?? '');
