// The first schedule’s free seats at a fixed rate, read by members inside.
import { ask, optionsFor, prepare, type Stage } from './lib/target.ts';

export { handleSummary } from './lib/summary.ts';

export const options = optionsFor('seat');

export const setup = (): Stage => prepare(['seat']);

export default function (stage: Stage): void {
  ask('seat', stage);
}
