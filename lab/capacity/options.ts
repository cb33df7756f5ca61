import { parseArgs } from 'node:util';

export const usage =
  (): string => `npm run simulate                      the capacity table, and a simulated opening of a million
npm run simulate -- --check RUN       an opening as in results/RUN, beside what was measured; RUN had a fixed cap:
                                      QUEUE_MAX_ACTIVE=200 npm run load -- spike
npm run simulate -- --door            draws the adaptive door's course on the model to docs/results/door.md
npm run simulate -- --save            also writes docs/results/simulation.md and its pictures
`;

export interface Wanted {
  /** The run under results/ to be compared with. */
  check: string | undefined;
  save: boolean;
  door: boolean;
}

/** @throws Error that says what is wrong */
export function readArguments(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      check: { type: 'string' },
      save: { type: 'boolean', default: false },
      door: { type: 'boolean', default: false },
    },
  });
  return { check: values.check, save: values.save, door: values.door };
}
