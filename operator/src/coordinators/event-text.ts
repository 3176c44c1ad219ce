import { StringDecoder } from 'node:string_decoder';
import { type JobEvent, jobEventSchema } from '../../../runtime/src/contract/control/events.ts';
import { MillraceError } from '../../../runtime/src/contract/errors.ts';

/** A longer event is none of a coordinator. */
const mostCharacters = 4 * 1024 * 1024;

const known: ReadonlySet<unknown> = new Set<JobEvent['type']>([
  'status',
  'checkpoint',
  'savepoint',
  'failure',
  'deployment',
]);

const strange = (why: string): MillraceError =>
  new MillraceError('io', `The event stream of a coordinator cannot be read: ${why}.`, {
    hint: 'See whether the coordinator is of a version that this operator knows.',
  });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw strange('an event of it is no JSON');
  }
};

/** What a newer coordinator tells of, and this version knows nothing about, is nobody's. */
const eventOf = (text: string): JobEvent | undefined => {
  const value = parse(text);
  const result = jobEventSchema.safeParse(value);
  if (result.success) return result.data;
  const type = (value as { readonly type?: unknown } | null)?.type;
  if (typeof type === 'string' && !known.has(type)) return undefined;
  throw strange(`an event “${String(type)}” of it is not what one should be`);
};

/** Reads the events out of a stream of server-sent events, whose bytes come in parts of any size. */
export class EventText {
  private readonly decoder = new StringDecoder('utf8');
  private readonly onEvent: (event: JobEvent) => void;
  private rest = '';

  constructor(onEvent: (event: JobEvent) => void) {
    this.onEvent = onEvent;
  }

  /** @throws MillraceError io when these are no events of a coordinator. */
  take(bytes: Uint8Array): void {
    const parts = (this.rest + this.decoder.write(bytes)).split('\n\n');
    this.rest = parts.pop() ?? '';
    if (this.rest.length > mostCharacters) throw strange('an event of it has no end');
    for (const part of parts) this.read(part);
  }

  /** Comments, which keep the connection, have no data. */
  private read(part: string): void {
    const data = part
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => line.slice('data: '.length));
    const event = data.length === 0 ? undefined : eventOf(data.join('\n'));
    if (event !== undefined) this.onEvent(event);
  }
}
