import type { Config } from '../../../config';
import type { SqlCheck } from '../schema';
import { eventChecks } from './events';
import { moneyChecks } from './money';
import { seatChecks } from './seats';

/** What the checks depend on. */
export type CheckConfig = Pick<Config, 'HOLD_SECONDS' | 'EVENT_DLQ_TRIES' | 'EVENT_DLQ_RETRY_MS'>;

/** All that the database can be asked. */
export const allChecks = (config: CheckConfig): SqlCheck[] => [
  ...seatChecks(config.HOLD_SECONDS),
  ...moneyChecks(),
  ...eventChecks(config),
];
