import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../../src/contract/control/openapi.ts';
import { messages, routes } from '../../../src/contract/control/routes.ts';
import { openApiProblems } from './openapi-check.ts';

// As who reads it gets it.
const document = JSON.parse(JSON.stringify(openApiDocument('1.2.3')));

describe('the OpenAPI document', () => {
  it('keeps to the rules of OpenAPI 3.1', () => {
    expect(openApiProblems(document)).toEqual([]);
    expect(document.info).toMatchObject({ title: 'Millrace control API', version: '1.2.3' });
  });

  it('has every operation once, under its method and path, and the event stream', () => {
    const described = Object.entries<Record<string, { operationId: string }>>(document.paths).flatMap(
      ([path, item]) =>
        Object.entries(item).map(([method, { operationId }]) => `${operationId} ${method} ${path}`),
    );
    const wanted = Object.entries(routes).map(([name, { method, path }]) => `${name} ${method} ${path}`);
    expect(described.toSorted()).toEqual([...wanted, 'streamEvents get /v1/events'].toSorted());
  });

  it('tells parts of the path, of the query and of the body apart', () => {
    expect(document.paths['/v1/state/{transform}/{state}'].get.parameters).toMatchObject([
      { name: 'transform', in: 'path', required: true },
      { name: 'state', in: 'path', required: true },
      { name: 'key', in: 'query', required: true },
    ]);
    const profile = document.paths['/v1/slots/{slot}/cpu-profile'].post;
    expect(profile.parameters).toMatchObject([{ name: 'slot', in: 'path', schema: { type: 'integer' } }]);
    const body = profile.requestBody.content['application/json'].schema;
    expect(body).toMatchObject({ required: ['durationMs'], additionalProperties: false });
    expect(Object.keys(body.properties)).toEqual(['durationMs']);
  });

  it('names every message once and forbids no further fields in answers', () => {
    expect(Object.keys(document.components.schemas).toSorted()).toEqual(Object.keys(messages).toSorted());
    expect(JSON.stringify(document.components)).not.toContain('"additionalProperties":false');
    const status = document.paths['/v1/status'].get.responses['200'].content['application/json'].schema;
    expect(status).toEqual({ $ref: '#/components/schemas/JobStatus' });
  });
});

describe('the check of OpenAPI documents', () => {
  const broken = (change: (copy: typeof document) => void): readonly string[] => {
    const copy = structuredClone(document);
    change(copy);
    return openApiProblems(copy);
  };

  it('finds a reference that leads nowhere, and a component that is missing', () => {
    expect(broken((copy) => delete copy.components.schemas.Problem)).toContainEqual(
      expect.stringContaining('#/components/schemas/Problem leads nowhere'),
    );
  });

  it('finds parts of the path that no parameter describes', () => {
    const found = broken((copy) => copy.paths['/v1/tasks/{task}'].get.parameters.pop());
    expect(found).toEqual(['get /v1/tasks/{task}: the path has task, the parameters ']);
  });

  it('finds an answer without a description, an operation twice and a type that is none', () => {
    expect(broken((copy) => delete copy.paths['/v1/status'].get.responses['200'].description)).toHaveLength(
      1,
    );
    expect(broken((copy) => (copy.paths['/v1/status'].get.operationId = 'getGraph'))).toHaveLength(1);
    expect(broken((copy) => (copy.components.schemas.JobStatus.properties.term.type = 'int'))).toHaveLength(
      1,
    );
    expect(broken((copy) => delete copy.components.securitySchemes.bearer)).toHaveLength(1);
  });
});
