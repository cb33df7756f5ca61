// Token requests at a fixed rate, each for a random user.
import { request, optionsFor, prepare, type Stage } from './lib/target.ts';

export { handleSummary } from './lib/summary.ts';

export const options = optionsFor('token');

export const setup = (): Stage => prepare(['token']);

export default function (stage: Stage): void {
  request('token', stage);
}
