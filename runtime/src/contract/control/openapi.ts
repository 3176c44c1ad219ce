import * as z from 'zod';
import type { Operation } from './operations.ts';
import { problemMediaType } from './problem.ts';
import { eventsPath, messages, type Route, routes } from './routes.ts';

type Json = Readonly<Record<string, unknown>>;

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** Answers may gain fields, so a document that forbids others would be wrong tomorrow. */
const allowMore = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
};

/** All messages that have names, which point to one another. */
const componentSchemas = (): Json => {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(messages)) registry.add(schema, { id });
  const uri = (id: string): string => `#/components/schemas/${id}`;
  const { schemas } = z.toJSONSchema(registry, { io: 'output', uri, override: allowMore });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _place, ...schema }]) => [name, schema]),
  );
};

const nameOf = (schema: z.ZodType): string | undefined =>
  Object.entries(messages).find(([, known]) => known === schema)?.[0];

const fieldsInPath = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
}

/** The parts of a request: what stands in the path, in the query, and in the body. */
const requestOf = ({ method, path, request }: Route<unknown, unknown>): Json => {
  const inPath = fieldsInPath(path);
  // A text in the path or the query is described by what it becomes.
  const { properties = {}, required = [] } = z.toJSONSchema(request, { io: 'output' }) as ObjectSchema;
  const rest = Object.keys(properties).filter((field) => !inPath.includes(field));
  const parameter = (field: string, place: 'path' | 'query'): Json => ({
    name: field,
    in: place,
    required: required.includes(field),
    schema: properties[field],
  });
  const parameters = inPath.map((field) => parameter(field, 'path'));
  if (method === 'get') parameters.push(...rest.map((field) => parameter(field, 'query')));
  if (method === 'get' || method === 'delete') return { parameters };
  const body = {
    type: 'object',
    properties: Object.fromEntries(rest.map((field) => [field, properties[field]])),
    required: required.filter((field) => rest.includes(field)),
    additionalProperties: false,
  };
  return { parameters, requestBody: { content: { 'application/json': { schema: body } } } };
};

const replyContent = ({ reply }: Route<unknown, unknown>): Json => {
  if (reply === 'download') return { 'application/octet-stream': {} };
  const name = nameOf(reply);
  return { 'application/json': { schema: name === undefined ? {} : reference(name) } };
};

const problem: Json = {
  description: 'Refused, with the reason.',
  content: { [problemMediaType]: { schema: reference('Problem') } },
};

const describeRoute = (operation: string, route: Route<unknown, unknown>): Json => ({
  operationId: operation,
  summary: route.summary,
  ...requestOf(route),
  responses: {
    [route.status]: {
      description: route.status === 202 ? 'Taken; it goes on after this answer.' : 'The answer.',
      content: replyContent(route),
    },
    default: problem,
  },
});

const describeEvents: Json = {
  operationId: 'streamEvents',
  summary:
    'All that happens to the job, as server-sent events of the form JobEvent. Last-Event-ID goes on behind that event.',
  parameters: [{ name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } }],
  responses: {
    200: { description: 'A stream without an end.', content: { 'text/event-stream': {} } },
    default: problem,
  },
};

/** The control API as an OpenAPI 3.1 document. */
export const openApiDocument = (version: string): Json => {
  const paths: Record<string, Record<string, Json>> = { [eventsPath]: { get: describeEvents } };
  for (const [operation, route] of Object.entries(routes) as [Operation, Route<unknown, unknown>][]) {
    paths[route.path] = { ...paths[route.path], [route.method]: describeRoute(operation, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace control API',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ bearer: [] }, { clientCertificate: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        clientCertificate: { type: 'mutualTLS' },
      },
    },
  };
};
