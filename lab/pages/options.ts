import options from '../../scripts/lib/arguments/options.js';

export const USAGE = `npm run lab -- pages [--rounds 5] [--pictures | --compare]
  --rounds    how often each page is loaded; the median is compared with the limit
  --pictures  no measurement: makes docs/images again, and says how much each picture differs from the one before
  --compare   no measurement, no services: compares each state with how it is kept to look, and ends with 1 when one has
              changed; UPDATE_GOLDEN=1 keeps how they look now

  measures with a CPU slowed down six times and a network of 9 Mbit/s and 170 ms: first paint, interactive, the map of
  1,000 seats after admission, what jumps. Ends with 1 when a limit is missed.`;

export interface Wanted {
  rounds: number;
  isPictures: boolean;
  isComparison: boolean;
}

/** @throws Error that says what is wrong */
export function readArguments(args: string[]): Wanted {
  const { values } = options.readOptions({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      pictures: { type: 'boolean', default: false },
      compare: { type: 'boolean', default: false },
    },
  });
  const rounds = /^[1-9]\d?$/.test(values.rounds) ? Number(values.rounds) : 0;
  if (rounds < 1) throw new Error('--rounds must be a whole number from 1 to 99.');
  if (values.pictures && values.compare) throw new Error('--pictures and --compare are two things.');
  return { rounds, isPictures: values.pictures, isComparison: values.compare };
}
