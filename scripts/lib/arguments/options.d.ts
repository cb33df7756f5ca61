import type { parseArgs } from 'node:util';

declare const options: {
  readOptions: typeof parseArgs;
  /** NaN for what is not in plain digits. */
  plainNumber: (text: string) => number;
  baseUrl: (option: string, text: string) => string;
};
export = options;
