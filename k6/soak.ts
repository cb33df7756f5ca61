// Purchases at a low, steady rate for a long time, to find leaks, growth and slowdown.
import { purchases } from './lib/purchases.ts';

export { handleSummary } from './lib/summary.ts';

const run = purchases('soak', { rate: 1, durationSeconds: 1800, abandon: 0.05, partyMax: 1 });

export const { options, setup, teardown } = run;
export default run.visit;
