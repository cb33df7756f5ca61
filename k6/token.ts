// The crowd at the door: tokens at a fixed rate, each for any member.
import { ask, optionsFor, prepare, type Stage } from './lib/target.ts';

export { handleSummary } from './lib/summary.ts';

export const options = optionsFor('token');

export const setup = (): Stage => prepare(['token']);

export default function (stage: Stage): void {
  ask('token', stage);
}
