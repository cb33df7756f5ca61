import type { parseArgs } from 'node:util';

declare const options: { readOptions: typeof parseArgs };
export = options;
