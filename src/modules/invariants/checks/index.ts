import type { SqlCheck } from '../schema';
import { eventChecks } from './events';
import { moneyChecks } from './money';
import { seatChecks } from './seats';

/** All that the rows of the database tell by themselves: no check depends on who asks, with which configuration. */
export const allChecks = (): SqlCheck[] => [...seatChecks(), ...moneyChecks(), ...eventChecks()];
