// Active users read the list of schedules at a fixed rate.
import { request, optionsFor, prepare, type Stage } from './lib/target.ts';

export { handleSummary } from './lib/summary.ts';

export const options = optionsFor('schedule');

export const setup = (): Stage => prepare(['schedule']);

export default function (stage: Stage): void {
  request('schedule', stage);
}
