// The programme at a fixed rate, read by members inside.
import { ask, optionsFor, prepare, type Stage } from './lib/target.ts';

export { handleSummary } from './lib/summary.ts';

export const options = optionsFor('schedule');

export const setup = (): Stage => prepare(['schedule']);

export default function (stage: Stage): void {
  ask('schedule', stage);
}
