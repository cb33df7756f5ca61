import { patienceMsOf, readArguments, UsageError, WAIT, wholeNumber } from '../support/tool';
import type { Wanted } from './programme';

export const USAGE = `Usage: npm run db -- seed [--users 100000] [--concerts 10] [--dates 3] [--seats 1000] [--shop] [--if-empty]
       [--wait SECONDS]
  --users     users, each with an opening balance of 1,000,000 won
  --concerts  concerts
  --dates     upcoming dates of each concert
  --seats     seats of each date
  --shop      also three concerts in halls with sections and price classes: one whose sale opens in a minute, one
              sold out to the first 40 users, one past
  --if-empty  only on an empty database; otherwise only past dates are moved ahead
  --wait      for a MariaDB that is just starting (default 0: a server that refuses connections is named at once)
Adds what is missing: balances and seats that are held or sold stay as they are.`;

export interface SeedOptions extends Wanted {
  users: number;
  shop: boolean;
  ifEmpty: boolean;
  patienceMs: number;
}

/** The users who have bought all seats of the small hall of --shop. */
const SHOP_USERS = 40;

/** More would take hours and is a slip of the finger. */
const MOST_SEATS = 20_000_000;

/** @throws UsageError naming the option that is wrong */
export function readSeedOptions(args?: string[]): SeedOptions {
  const { values } = readArguments({
    ...(args === undefined ? {} : { args }),
    options: {
      users: { type: 'string', default: '100000' },
      concerts: { type: 'string', default: '10' },
      dates: { type: 'string', default: '3' },
      seats: { type: 'string', default: '1000' },
      shop: { type: 'boolean', default: false },
      'if-empty': { type: 'boolean', default: false },
      ...WAIT,
    },
  });
  const options = {
    users: wholeNumber('--users', values.users, { min: 1, max: 10_000_000 }),
    concerts: wholeNumber('--concerts', values.concerts, { min: 1, max: 100_000 }),
    dates: wholeNumber('--dates', values.dates, { min: 1, max: 365 }),
    seats: wholeNumber('--seats', values.seats, { min: 1, max: 100_000 }),
    shop: values.shop,
    ifEmpty: values['if-empty'],
    patienceMs: patienceMsOf(values.wait),
  };
  if (options.shop && options.users < SHOP_USERS)
    throw new UsageError(`--shop sells to the first ${SHOP_USERS} users: --users must be at least that.`);
  if (options.concerts * options.dates * options.seats > MOST_SEATS)
    throw new UsageError(
      `--concerts × --dates × --seats must be at most ${MOST_SEATS.toLocaleString('en')} seats.`,
    );
  return options;
}
