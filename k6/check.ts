// Polls of the waiting room at a fixed rate, by users of whom most wait.
import { request, optionsFor, prepare, type Stage } from './lib/target.ts';

export { handleSummary } from './lib/summary.ts';

export const options = optionsFor('check');

export const setup = (): Stage => prepare(['check']);

export default function (stage: Stage): void {
  request('check', stage);
}
