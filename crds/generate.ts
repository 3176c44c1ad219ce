import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated.ts';

const top = new URL('../', import.meta.url);
for (const [path, text] of generatedFiles()) writeFileSync(new URL(path, top), text);
