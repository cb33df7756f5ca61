// The crowd in line: polls at a fixed rate, by members of whom most wait.
import { ask, optionsFor, prepare, type Stage } from './lib/target.ts';

export { handleSummary } from './lib/summary.ts';

export const options = optionsFor('check');

export const setup = (): Stage => prepare(['check']);

export default function (stage: Stage): void {
  ask('check', stage);
}
