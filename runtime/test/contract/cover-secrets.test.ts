import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverSecrets } from '../../src/contract/cover-secrets.ts';
import { readYaml } from '../../src/contract/yaml-source.ts';

const covered = (text: string): string =>
  coverSecrets(
    text,
    readYaml(text).documents.map(({ located }) => located),
  );

describe('a manifest that is shown', () => {
  it.each([
    ['spec:\n  args: {password: hunter2, city: Oslo}', 'spec:\n  args: {password: *******, city: Oslo}'],
    [
      'spec:\n  env:\n    - name: A\n      value: hunter2',
      'spec:\n  env:\n    - name: A\n      value: *******',
    ],
    ['spec: {env: [{name: A, value: "hunter2"}]}', 'spec: {env: [{name: A, value: *********}]}'],
    ['data:\n  apiToken: "hunter2"\n  plain: x', 'data:\n  apiToken: *********\n  plain: x'],
    ['url: https://user:hunter2@host/x', 'url: https://************@host/x'],
    ['tokens:\n  - hunter2\n  - other', 'tokens:\n  *********\n  - *****'],
    ['secret: |\n  line one\n  line two\nplain: y', 'secret: *\n**********\n**********\nplain: y'],
    ['password: &p hunter2\nother: *p', 'password: **********\nother: *p'],
  ])('shows no secret, and all else at its place: %j', (text, expected) => {
    expect(covered(text)).toBe(expected);
  });

  it.each([
    'metadata:\n  name: a\n',
    'spec:\n  checkpoint:\n    store:\n      s3: {credentials: {secretName: minio, sessionToken2: }}',
    'valueFrom:\n  secretKeyRef: {name: db, key: password}',
    'spec: {env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: y}}}]}',
    '',
  ])('shows what only refers to a secret: %j', (text) => {
    expect(covered(text)).toBe(text);
  });

  it('shows no secret either when it is not YAML', () => {
    const text = 'a: {\n  password: hunter2\n  - token: "hunter2"\n\tAPI_KEY=hunter2\r\nplain: x';
    expect(coverSecrets(text, [])).toBe(
      'a: {\n  password: *******\n  - token: *********\n\tAPI_KEY=*******\r\nplain: x',
    );
  });

  it('has all its lines at their place and of their length', () => {
    const lines = fc.array(
      fc.oneof(
        fc.constantFrom(
          'password: hunter2',
          '  token: |',
          '    abc',
          'a: 1',
          '- b',
          'secret: {x: [1, 2]}',
          'url: http://u:p@h',
        ),
        fc.string(),
      ),
    );
    fc.assert(
      fc.property(lines, (parts) => {
        const text = parts.join('\n');
        const shown = covered(text);
        expect(shown.length).toBe(text.length);
        expect([...shown.matchAll(/[\r\n]/g)].map(({ index }) => index)).toEqual(
          [...text.matchAll(/[\r\n]/g)].map(({ index }) => index),
        );
      }),
    );
  });

  it('never shows what stands under a secret name', () => {
    const secrets = fc.string({ unit: fc.constantFrom(...'QZJX'), minLength: 6, maxLength: 12 });
    fc.assert(
      fc.property(
        secrets,
        fc.constantFrom('password', 'apiKey', 'db_token'),
        fc.boolean(),
        (secret, name, isBroken) => {
          const text = `a: 1\n${name}: ${secret}\nb: ${isBroken ? '{' : '2'}\n`;
          expect(covered(text)).not.toContain(secret);
        },
      ),
    );
  });
});
