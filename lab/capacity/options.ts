import options from '../../scripts/lib/arguments/options.js';

export const USAGE = `npm run lab -- capacity               a table of needs, and a simulated on-sale of a million users
npm run lab -- capacity --check RUN   also an on-sale as in results/RUN beside what was measured; RUN had a fixed limit:
                                      QUEUE_MAX_ACTIVE=200 npm run load -- spike
npm run lab -- capacity --save        also writes docs/results/capacity.md and its plots`;

export interface Wanted {
  /** The run under results/ to be compared with. */
  check: string | undefined;
  save: boolean;
}

/** @throws Error that says what is wrong */
export function readArguments(args: string[]): Wanted {
  const { values } = options.readOptions({
    args,
    options: {
      check: { type: 'string' },
      save: { type: 'boolean', default: false },
    },
  });
  return { check: values.check, save: values.save };
}
