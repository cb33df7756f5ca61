import type { Evidence, Violation } from '../evidence.ts';
import { checkAcknowledged } from './acknowledged.ts';
import { checkAnswers } from './answers.ts';
import { checkBank } from './bank.ts';
import { checkEvents } from './events.ts';
import { checkHolds } from './holds.ts';
import { checkQueue } from './queue.ts';
import { checkRefused } from './refused.ts';
import { checkSeats } from './seats.ts';

/** Judges a run by what buyers were told and what is left. Everything it names is a violation. */
export const check = (evidence: Evidence): Violation[] =>
  [
    checkSeats,
    checkHolds,
    checkBank,
    checkAcknowledged,
    checkRefused,
    checkQueue,
    checkEvents,
    checkAnswers,
  ].flatMap((judge) => judge(evidence));
