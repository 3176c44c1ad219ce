import { createHash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Hashing } from './hashing.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export const nodeHashing: Hashing = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  crc32: (bytes, previous = 0) => crc32(bytes, previous),
  equalSecrets: (given, secret) => timingSafeEqual(digest(given), digest(secret)),
};
