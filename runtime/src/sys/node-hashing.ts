import { createHash, timingSafeEqual } from 'node:crypto';
import type { Hashing } from './hashing.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export const nodeHashing: Hashing = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  equalSecrets: (given, secret) => timingSafeEqual(digest(given), digest(secret)),
};
