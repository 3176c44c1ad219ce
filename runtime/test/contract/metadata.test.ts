import { describe, expect, it } from 'vitest';
import { type Data, jobOf, minimal, problemsOf } from './support.ts';

const problemsOfMetadata = (metadata: Data): string[] =>
  problemsOf({ ...minimal, metadata: { name: 'a', ...metadata } });

describe('the name of a job', () => {
  const expected =
    'metadata.name: expected a name of lower-case letters, digits and -, that starts with a letter, at most 40 characters, found';

  it.each(['a', 'flights', 'flights-2', 'a-b-c', 'a'.repeat(40), 'a1'])('may be %s', (name) => {
    expect(problemsOfMetadata({ name })).toEqual([]);
  });

  it.each([
    ['', `${expected} an empty text`],
    ['Flights', `${expected} the text "Flights"`],
    ['1flights', `${expected} the text "1flights"`],
    ['-flights', `${expected} the text "-flights"`],
    ['flights-', `${expected} the text "flights-"`],
    ['my_flights', `${expected} the text "my_flights"`],
    ['my.flights', `${expected} the text "my.flights"`],
    ['flüge', `${expected} the text "flüge"`],
    ['flights\n', `${expected} the text "flights\\n"`],
    ['a'.repeat(41), `${expected} the text "${'a'.repeat(41)}"`],
    [42, `${expected} the number 42 → Write it in quotes: "42".`],
    [null, `${expected} nothing (null) → Give it a value, or remove the line.`],
  ])('may not be %j', (name, problem) => {
    expect(problemsOfMetadata({ name })).toEqual([problem]);
  });

  it('must be there', () => {
    expect(problemsOf({ ...minimal, metadata: {} })).toEqual([
      'metadata.name: expected a name of lower-case letters, digits and -, that starts with a letter, at most 40 characters, but it is missing',
    ]);
  });
});

describe('the namespace', () => {
  it('may be any that Kubernetes knows, or be left out', () => {
    for (const namespace of ['default', 'team-a', '0', 'a'.repeat(63)])
      expect(problemsOfMetadata({ namespace })).toEqual([]);
    expect(jobOf(minimal).metadata.namespace).toBeUndefined();
  });

  it.each(['', 'Team', 'a.b', 'a'.repeat(64), '-a'])('may not be %j', (namespace) => {
    expect(problemsOfMetadata({ namespace })).toHaveLength(1);
  });
});

describe('labels', () => {
  it.each([
    { team: 'streams' },
    { 'app.kubernetes.io/name': 'flights' },
    { 'example.com/a_b.c': 'A-1_b.2' },
    { empty: '' },
    { ['k'.repeat(63)]: 'v'.repeat(63) },
  ])('may be %j', (labels) => {
    expect(problemsOfMetadata({ labels })).toEqual([]);
  });

  it.each([
    [
      { 'a b': 'x' },
      'metadata.labels["a b"]: expected a label name such as team or example.com/team, found the text "a b"',
    ],
    [
      { 'Example.com/x': 'x' },
      'metadata.labels["Example.com/x"]: expected a label name such as team or example.com/team, found the text "Example.com/x"',
    ],
    [
      { '/x': 'x' },
      'metadata.labels["/x"]: expected a label name such as team or example.com/team, found the text "/x"',
    ],
    [
      { team: 'a b' },
      'metadata.labels.team: expected a label value of letters, digits, -, _ and ., at most 63 characters, found the text "a b"',
    ],
    [
      { version: 2 },
      'metadata.labels.version: expected a label value of letters, digits, -, _ and ., at most 63 characters, found the number 2 → Write it in quotes: "2".',
    ],
    [
      { on: true },
      'metadata.labels.on: expected a label value of letters, digits, -, _ and ., at most 63 characters, found true → Write it in quotes: "true".',
    ],
    [
      { ['k'.repeat(64)]: 'v' },
      `metadata.labels.${'k'.repeat(64)}: expected a label name such as team or example.com/team, found the text "${'k'.repeat(60)}… (64 characters)"`,
    ],
  ])('may not be %j', (labels, problem) => {
    expect(problemsOfMetadata({ labels })).toEqual([problem]);
  });
});

describe('annotations', () => {
  it('may hold what tools put there, at any length that Kubernetes allows', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"a":1}\n'.repeat(30_000) };
    expect(problemsOfMetadata({ annotations })).toEqual([]);
    expect(problemsOfMetadata({ annotations: { a: 'x'.repeat(262_145) } })).toHaveLength(1);
  });

  it('may not be numbers', () => {
    expect(problemsOfMetadata({ annotations: { a: 1 } })).toEqual([
      'metadata.annotations.a: expected a text of at most 262144 characters, found the number 1 → Write it in quotes: "1".',
    ]);
  });
});

describe('what the API server writes into metadata and status', () => {
  it('is left out, so that the output of kubectl get is a manifest', () => {
    const fromCluster = {
      ...minimal,
      metadata: {
        ...minimal.metadata,
        uid: 'd3b07384',
        resourceVersion: '42',
        generation: 7,
        creationTimestamp: '2026-01-01T00:00:00Z',
        deletionTimestamp: null,
        managedFields: [{ manager: 'kubectl' }],
        finalizers: ['millrace.dev/cleanup'],
        ownerReferences: [],
        selfLink: '/x',
      },
      status: { phase: 'Running' },
    };
    expect(jobOf(fromCluster)).toEqual(jobOf(minimal));
  });

  it('holds the beginning of a name that the server has completed, which stays there', () => {
    expect(problemsOfMetadata({ generateName: 'flights-', name: 'flights-x7k2p' })).toEqual([]);
  });

  it('does not hide a field that nobody writes', () => {
    expect(problemsOfMetadata({ clusterName: 'x' })).toHaveLength(1);
    expect(problemsOfMetadata({ nmae: 'x' })).toEqual([
      'metadata.nmae: there is no such field → Did you mean name?',
    ]);
  });
});
