import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasArtifact, keepArtifact } from '../../src/artifact/keep-artifact.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';

const system = createNodeSystem();
const code = new TextEncoder().encode('export default () => {};');
const sha256 = system.hashing.sha256(code);

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-artifact-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'artifacts');
};

describe('an artifact', () => {
  it('is kept by its hash, whole, and made whole again when less of it is there', () => {
    const folder = newFolder();
    expect(hasArtifact(system, folder, sha256)).toBe(false);
    const path = keepArtifact(system, folder, sha256, code);
    expect(path).toBe(join(folder, `${sha256}.mjs`));
    expect(hasArtifact(system, folder, sha256)).toBe(true);
    truncateSync(path, 3);
    expect(hasArtifact(system, folder, sha256)).toBe(false);
    keepArtifact(system, folder, sha256, code);
    expect(readFileSync(path)).toEqual(Buffer.from(code));
  });

  it('is refused when its bytes have another hash', () => {
    const announced = 'a'.repeat(64);
    expect(() => keepArtifact(system, newFolder(), announced, code)).toThrow(
      `The code of the job is not what was announced: its sha256 is ${sha256}, not ${announced}.`,
    );
  });
});
