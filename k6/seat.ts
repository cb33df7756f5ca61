// Active users read the free seats of the first schedule at a fixed rate.
import { request, optionsFor, prepare, type Stage } from './lib/target.ts';

export { handleSummary } from './lib/summary.ts';

export const options = optionsFor('seat');

export const setup = (): Stage => prepare(['seat']);

export default function (stage: Stage): void {
  request('seat', stage);
}
