// Complete purchases by parties of one to four up to the paid tickets; afterwards the balances are compared.
import { purchases } from './lib/purchases.ts';

export { handleSummary } from './lib/summary.ts';

const run = purchases('purchase', { rate: 2, durationSeconds: 120, abandon: 0.1, partyMax: 4 });

export const { options, setup, teardown } = run;
export default run.visit;
