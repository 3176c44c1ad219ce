import { describe, expect, it } from 'vitest';
import { type Data, problemsOfSpec, specOf, testField } from './support.ts';

const problemsOfEntries = (...env: readonly unknown[]): string[] => problemsOfSpec({ env });

describe('the environment', () => {
  it('is empty unless something is said', () => {
    expect(specOf({}).env).toEqual([]);
  });

  it('takes values, references and whole ConfigMaps or Secrets, by the names of Kubernetes', () => {
    const env = [
      { name: 'CITY', value: 'Oslo' },
      { name: 'EMPTY', value: '' },
      { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level', optional: true } } },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { from: { configMapRef: { name: 'all-settings' } }, prefix: 'APP_' },
      { from: { secretRef: { name: 'all-secrets', optional: true } } },
    ];
    expect(specOf({ env }).env).toEqual([
      { name: 'CITY', value: 'Oslo' },
      { name: 'EMPTY', value: '' },
      { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password', optional: false } } },
      { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level', optional: true } } },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { from: { configMapRef: { name: 'all-settings', optional: false } }, prefix: 'APP_' },
      { from: { secretRef: { name: 'all-secrets', optional: true } } },
    ]);
  });

  it('is a list, not a mapping', () => {
    expect(problemsOfSpec({ env: { CITY: 'Oslo' } })).toEqual([
      'spec.env: expected a list of at most 128 entries, found a mapping',
    ]);
  });

  it('has at most 128 entries', () => {
    const many = (count: number): Data[] =>
      Array.from({ length: count }, (_, index) => ({ name: `V${index}`, value: 'x' }));
    expect(problemsOfEntries(...many(128))).toEqual([]);
    expect(problemsOfEntries(...many(129))).toEqual([
      'spec.env: expected a list of at most 128 entries, found a list of 129 entries',
    ]);
  });

  it.each(['envFrom', 'environment'])('is not called %s', (name) => {
    expect(problemsOfSpec({ [name]: [] })).toEqual([
      `spec.${name}: there is no such field → Did you mean env?`,
    ]);
  });
});

describe('the name of a variable', () => {
  const expected =
    'spec.env[0].name: expected the name of a variable of letters, digits and _, that does not begin with NODE_, found';
  const ofNode =
    'Variables that begin with NODE_ are set by Millrace; memory is set by spec.resources.memory.';
  testField('spec.env[0].name', (value) => ({ env: [{ name: value, value: 'x' }] }), {
    good: ['A', '_a', 'a.b-c', 'NODE', 'NODEX_A', 'MY_NODE_ENV', 'node_env', 'N'.repeat(253)],
    bad: [
      ['NODE_OPTIONS', `${expected} the text "NODE_OPTIONS" → ${ofNode}`],
      ['NODE_ENV', `${expected} the text "NODE_ENV" → ${ofNode}`],
      ['NODE_', `${expected} the text "NODE_" → ${ofNode}`],
      ['1A', `${expected} the text "1A"`],
      ['A B', `${expected} the text "A B"`],
      ['A=B', `${expected} the text "A=B"`],
      ['', `${expected} an empty text`],
      ['N'.repeat(254), `${expected} a text of 254 characters`],
    ],
  });

  it('stands once in the list', () => {
    expect(
      problemsOfEntries({ name: 'A', value: '1' }, { name: 'B', value: '2' }, { name: 'A', value: '3' }),
    ).toEqual([
      'spec.env[2].name: expected each name once, found A a second time → Remove one of the two: which of them would count is easy to get wrong.',
    ]);
  });

  it('may not become one of Node by a prefix', () => {
    expect(problemsOfEntries({ from: { secretRef: { name: 'a' } }, prefix: 'NODE_' })).toHaveLength(1);
  });
});

describe('the value of a variable', () => {
  const text = 'expected a text of at most 32768 characters, found a value that is not shown';

  it('is a text; what it is otherwise is not shown, since it may be a secret', () => {
    expect(problemsOfEntries({ name: 'PIN', value: 1234 })).toEqual([
      `spec.env[0].value: ${text} → Write it in quotes.`,
    ]);
    expect(problemsOfEntries({ name: 'A', value: 'hunter2'.repeat(10_000) })).toEqual([
      `spec.env[0].value: ${text}`,
    ]);
    expect(problemsOfEntries({ name: 'A', value: { hunter2: 1 } })).toEqual([`spec.env[0].value: ${text}`]);
  });

  it('is given once, one way or the other', () => {
    expect(problemsOfEntries({ name: 'A' })).toEqual([
      'spec.env[0]: expected exactly one of value, valueFrom, found none of them',
    ]);
    expect(
      problemsOfEntries({ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }),
    ).toEqual(['spec.env[0].valueFrom: expected exactly one of value, valueFrom, found value and valueFrom']);
  });

  it('comes from exactly one place', () => {
    expect(problemsOfEntries({ name: 'A', valueFrom: {} })).toEqual([
      'spec.env[0].valueFrom: expected exactly one of configMapKeyRef, secretKeyRef, fieldRef, found none of them',
    ]);
    const reference = { name: 'a', key: 'b' };
    expect(
      problemsOfEntries({ name: 'A', valueFrom: { configMapKeyRef: reference, secretKeyRef: reference } }),
    ).toEqual([
      'spec.env[0].valueFrom.secretKeyRef: expected exactly one of configMapKeyRef, secretKeyRef, fieldRef, found configMapKeyRef and secretKeyRef',
    ]);
  });

  it('comes from a named key of a named object', () => {
    expect(problemsOfEntries({ name: 'A', valueFrom: { secretKeyRef: { name: 'Db' } } })).toEqual([
      'spec.env[0].valueFrom.secretKeyRef.name: expected the name of a Kubernetes object: lower-case letters, digits, - and ., at most 253 characters, found the text "Db"',
      'spec.env[0].valueFrom.secretKeyRef.key: expected a key of letters, digits, -, _ and ., at most 253 characters, but it is missing',
    ]);
    expect(problemsOfEntries({ name: 'A', valueFrom: { fieldRef: { fieldPath: '1 2' } } })).toEqual([
      'spec.env[0].valueFrom.fieldRef.fieldPath: expected the path of a field of the pod, such as metadata.name, found the text "1 2"',
    ]);
  });

  it('does not come from where only Kubernetes itself could take it', () => {
    expect(
      problemsOfEntries({ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }),
    ).toContain(
      'spec.env[0].valueFrom.resourceFieldRef: there is no such field → The fields here are configMapKeyRef, secretKeyRef, fieldRef.',
    );
  });
});

describe('an entry for many variables', () => {
  const from = { secretRef: { name: 'a' } };

  it('names nothing else', () => {
    expect(problemsOfEntries({ from, name: 'A', value: 'x' })).toEqual([
      'spec.env[0].name: expected no name beside from, found name and from',
      'spec.env[0].value: expected no value beside from, found a value that is not shown',
    ]);
  });

  it('is the only one with a prefix', () => {
    expect(problemsOfEntries({ name: 'A', value: 'x', prefix: 'P_' })).toEqual([
      'spec.env[0].prefix: expected prefix only beside from, found prefix without from',
    ]);
  });

  it('names exactly one object', () => {
    expect(problemsOfEntries({ from: {} })).toEqual([
      'spec.env[0].from: expected exactly one of configMapRef, secretRef, found none of them',
    ]);
    expect(problemsOfEntries({ from: { ...from, configMapRef: { name: 'b' } } })).toEqual([
      'spec.env[0].from.secretRef: expected exactly one of configMapRef, secretRef, found configMapRef and secretRef',
    ]);
  });

  it('is called from, as in the other entries', () => {
    expect(problemsOfEntries({ envFrom: from, name: 'A', value: 'x' })).toEqual([
      'spec.env[0].envFrom: there is no such field → Did you mean from?',
    ]);
  });
});

describe('an entry that is none', () => {
  it.each([
    [
      {},
      'spec.env[0]: expected an entry with name and value, name and valueFrom, or from, found neither name nor from',
    ],
    [
      { value: 'x' },
      'spec.env[0]: expected an entry with name and value, name and valueFrom, or from, found neither name nor from',
    ],
    [
      'A=x',
      'spec.env[0]: expected a mapping with name, value, valueFrom, from, prefix, found the text "A=x"',
    ],
    [
      null,
      'spec.env[0]: expected a mapping with name, value, valueFrom, from, prefix, found nothing (null) → Give it a value, or remove the line.',
    ],
  ])('%j is told what is missing', (entry, problem) => {
    expect(problemsOfEntries(entry)).toEqual([problem]);
  });
});
