import type { SqlCheck } from '../schema';
import { eventChecks } from './events';
import { moneyChecks } from './money';
import { seatChecks } from './seats';

/** Everything that follows from the rows of the database alone: no check depends on the configuration of the process that runs it. */
export const allChecks = (): SqlCheck[] => [...seatChecks(), ...moneyChecks(), ...eventChecks()];
