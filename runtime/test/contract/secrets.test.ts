import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksSecret, redactText } from '../../src/contract/secrets.ts';

describe('a name', () => {
  it.each([
    'password',
    'Password',
    'PASSWORD',
    'dbPassword',
    'DB_PASSWORD',
    'db-password',
    'passwd',
    'passphrase',
    'pwd',
    'PWD',
    'db_pwd',
    'token',
    'accessToken',
    'GITHUB_TOKEN',
    'sessionToken',
    'secret',
    'clientSecret',
    'SECRET_KEY',
    'secretAccessKey',
    'credential',
    'credentials',
    'Authorization',
    'Proxy-Authorization',
    'cookie',
    'Set-Cookie',
    'apiKey',
    'api_key',
    'api-key',
    'X-API-Key',
    'accessKey',
    'AWS_ACCESS_KEY',
    'privateKey',
    'private.key',
    'signingKey',
    'encryption-key',
    'auth',
    'sas',
    'signature',
    'X-Amz-Signature',
  ])('like %s stands for a secret', (name) => {
    expect(looksSecret(name)).toBe(true);
  });

  it.each([
    'name',
    'key',
    'keyBy',
    'keys',
    'primaryKey',
    'user',
    'username',
    'author',
    'passenger',
    'compass',
    'path',
    'value',
    'interval',
    'parallelism',
    'url',
    'endpoint',
    'bucket',
    'secretName',
    'secretRef',
    'secretKeyRef',
    'tokenPath',
    'passwordFile',
    'cwd',
    '',
  ])('like %s stands for none', (name) => {
    expect(looksSecret(name)).toBe(false);
  });
});

describe('a text', () => {
  it.each([
    ['s3://key:hunter2@minio:9000/bucket', 's3://[redacted]@minio:9000/bucket'],
    ['postgres://app@db/x', 'postgres://[redacted]@db/x'],
    ['see https://u:p%40ss@host/a and ftp://x:y@z', 'see https://[redacted]@host/a and ftp://[redacted]@z'],
    ['https://u:p@ss@host/', 'https://[redacted]@host/'],
    ['https://host/?token=abc&page=2', 'https://host/?token=[redacted]&page=2'],
    ['?page=2&X-Amz-Signature=abc', '?page=2&X-Amz-Signature=[redacted]'],
    ['password=hunter2', 'password=[redacted]'],
    ['host=db password=hunter2 user=app', 'host=db password=[redacted] user=app'],
    ['Authorization: Bearer abcdefgh123', 'Authorization: Bearer [redacted]'],
    ['Basic dXNlcjpwYXNz', 'Basic [redacted]'],
  ])('has its secrets hidden: %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each([
    'nothing to hide',
    'a@b.example',
    'mail me@host: now',
    'https://host/path?page=2',
    'https://host/@scope/package',
    'key=value',
    'bearer of news',
    'a == b',
    '',
  ])('without secrets stays as it is: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('does not show a password in an address, whatever the password is', () => {
    const passwords = fc.string({
      unit: fc.constantFrom(...'abcXYZ019!$%&()*+,;=:.-_~@'),
      minLength: 8,
      maxLength: 20,
    });
    fc.assert(
      fc.property(passwords, (password) => {
        expect(redactText(`cannot reach https://user:${password}@host/x`)).not.toContain(password);
      }),
    );
  });

  it('is read in time that grows with its length only', () => {
    const texts = [
      'a://'.repeat(20_000),
      'a='.repeat(50_000),
      'x'.repeat(200_000),
      'bearer '.repeat(20_000),
      `a://${'b'.repeat(200_000)}`,
    ];
    for (const text of texts) expect(redactText(text).length).toBeGreaterThan(1000);
  });
});
