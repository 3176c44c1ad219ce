import { describe, expect, it } from 'vitest';
import { callOf } from '../../../src/contract/control/client.ts';
import type { Operation } from '../../../src/contract/control/operations.ts';
import { type Route, routes } from '../../../src/contract/control/routes.ts';

const all = Object.entries(routes) as [Operation, Route<unknown, unknown>][];

describe('the table of routes', () => {
  it('has one operation for a method and a path, under a version', () => {
    const places = all.map(([, { method, path }]) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
    expect(new Set(places).size).toBe(places.length);
    for (const [, { path }] of all) expect(path).toMatch(/^\/v1(?:\/(?:[a-z-]+|\{[a-z]+\}))+$/);
  });

  it('changes nothing by a get, and says of every operation what it is in a sentence', () => {
    for (const [operation, { method, summary }] of all) {
      expect(/^(?:get|list|query)/.test(operation), operation).toBe(method === 'get');
      expect(summary).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('refuses fields that nobody knows', () => {
    for (const [, { request }] of all)
      expect(request.safeParse({ unheardOf: 1 }).error?.issues).toContainEqual(
        expect.objectContaining({ code: 'unrecognized_keys' }),
      );
  });

  it('takes numbers in the path as texts and refuses all others', () => {
    const { request } = routes.getTask;
    expect(request.parse({ task: '12' })).toEqual({ task: 12 });
    for (const task of ['-1', '1.5', '1e3', '', ' 1', '0x1', '65536', '９', '99999999999999999999', 1])
      expect(request.safeParse({ task }).success, String(task)).toBe(false);
    expect(callOf('getTask', { task: 12 }).path).toBe('/v1/tasks/12');
  });

  it('takes names of savepoints that are fit for keys of a store, and no others', () => {
    const takes = (name: string): boolean => routes.createSavepoint.request.safeParse({ name }).success;
    expect(['a', 'before-the-upgrade', '2026-11-26'].every(takes)).toBe(true);
    expect(['', '-a', 'a-', 'A', 'a/b', '..', 'a b', 'a'.repeat(64)].some(takes)).toBe(false);
  });
});
