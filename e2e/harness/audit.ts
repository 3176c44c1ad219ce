import { existsSync, readFileSync } from 'node:fs';

/** A call as the API server notes it: by its own clock. */
export interface AuditEvent {
  readonly user: string;
  readonly verb: string;
  /** With its subresource: `streamjobs/status`. */
  readonly resource: string;
  readonly group: string;
  readonly namespace: string;
  readonly name: string;
  readonly receivedMs: number;
  readonly answeredMs: number;
  readonly code: number;
  readonly uri: string;
}

interface RawEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: Readonly<
    Partial<Record<'resource' | 'subresource' | 'apiGroup' | 'namespace' | 'name', string>>
  >;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly responseStatus?: { readonly code?: number };
}

/** With its microseconds, which `Date` would drop. */
const msOf = (text: string): number => {
  const micros = Number(/\.(\d{6})Z$/.exec(text)?.[1] ?? 0);
  return Math.floor(Date.parse(text) / 1000) * 1000 + micros / 1000;
};

const eventOf = (line: string): AuditEvent => {
  const raw = JSON.parse(line) as RawEvent;
  const { resource = '', subresource, apiGroup = '', namespace = '', name = '' } = raw.objectRef ?? {};
  return {
    user: raw.user.username,
    verb: raw.verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    group: apiGroup,
    namespace,
    name,
    receivedMs: msOf(raw.requestReceivedTimestamp),
    answeredMs: msOf(raw.stageTimestamp),
    code: raw.responseStatus?.code ?? 0,
    uri: raw.requestURI,
  };
};

/** All that has been noted; a line that is being written is left out. */
export const readAudit = (path: string): readonly AuditEvent[] => {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n'))
    .split('\n')
    .filter((line) => line !== '')
    .map(eventOf);
};
