import type { Evidence, Violation } from '../observed/evidence.ts';
import { checkAcknowledged } from './acknowledged.ts';
import { checkAnswers } from './answers.ts';
import { checkBank } from './bank.ts';
import { checkEvents } from './events.ts';
import { checkHolds } from './holds.ts';
import { checkQueue } from './queue.ts';
import { perSeat } from './per-seat.ts';
import { checkRefused } from './refused.ts';
import { checkSeats } from './seats.ts';

/** Judges a run by the answers that buyers got and by what is left. Everything it names is a violation. */
export function check(evidence: Evidence): Violation[] {
  const whole = [checkBank, checkQueue, checkEvents, checkAnswers];
  const seatBySeat = [checkSeats, checkHolds, checkAcknowledged, checkRefused];
  const ofSeats = perSeat(evidence);
  return [...seatBySeat.flatMap((judge) => judge(ofSeats)), ...whole.flatMap((judge) => judge(evidence))];
}
