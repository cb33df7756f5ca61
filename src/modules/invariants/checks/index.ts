import type { SqlCheck } from '../schema';
import { eventChecks } from './events';
import { moneyChecks } from './money';
import { seatChecks } from './seats';

/** All that the database can be asked. */
export const allChecks = (holdSeconds: number): SqlCheck[] => [
  ...seatChecks(holdSeconds),
  ...moneyChecks(),
  ...eventChecks(),
];
