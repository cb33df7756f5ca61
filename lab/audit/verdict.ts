import type { Audited } from './audit.ts';

const SHOWN = 20;

export const isDishonest = ({ sale, contradictions }: Audited): boolean =>
  sale.counts.found > 0 || contradictions.length > 0;

/** Why a log in which nothing was found proves less than it must. */
export function doubtsOf({ sale, drawsWereGiven }: Audited): string[] {
  const doubts = [];
  if (sale.isUncertain)
    doubts.push('the log ends in a gap: it has not said its state again, so what followed cannot be judged');
  if (sale.counts.draws > 0 && !drawsWereGiven)
    doubts.push(
      'the draws are not there as they were published (draws.json), so their seeds cannot be checked',
    );
  return doubts;
}

/** Findings of the audit, as text. */
export function verdictOf(audited: Audited, seconds: number): string {
  const { sale, checkpoint, consistent, contradictions } = audited;
  const n = (value: number): string => value.toLocaleString('en');
  const { counts } = sale;
  const admitted = counts.next + counts.rejoined + counts.free;
  const lines = [
    `Log ${checkpoint.origin}: ${n(checkpoint.size)} leaves, signed at ${new Date(checkpoint.ms).toISOString()}, checked in ${seconds.toFixed(1)} s.`,
    `Issued ${n(counts.issued)}, admitted ${n(admitted)} (in turn ${n(counts.next)}, back ${n(counts.rejoined)}, at once ${n(counts.free)}), passed over while absent ${n(counts.passedOver)}.`,
    `Ended: paid ${n(counts.paid)}, expired ${n(counts.expired)}, released ${n(counts.released)}, replaced ${n(counts.replaced)}. Most active at once ${n(counts.mostActive)}. Draws ${n(counts.draws)}. Ended while they waited ${n(counts.endedWaiting)}.`,
    `Losses: ${n(counts.restores)} restores, ${n(counts.gaps)} gaps, ${n(counts.beginnings)} new beginnings; ${n(counts.again)} entries were admitted again after one, ${n(counts.opened)} sessions opened whose admission is lost, ${n(counts.overtaken)} waiting entries passed unseen, ${n(counts.unjudged)} leaves judged by their form alone.`,
    consistent === 0
      ? 'No earlier checkpoint was given: that the log has not been rewritten before now cannot be checked.'
      : `It has grown out of ${n(consistent)} checkpoints that were seen before.`,
    ...contradictions.map((text) => `NOT CONSISTENT: ${text}.`),
    ...sale.findings.slice(0, SHOWN).map(({ index, text }) => `WRONG at leaf ${n(index)}: ${text}.`),
    ...(counts.found > SHOWN ? [`… and ${n(counts.found - SHOWN)} more.`] : []),
  ];
  return `${[...lines, `Verdict: ${wordsOf(audited)}`].join('\n')}\n`;
}

function wordsOf(audited: Audited): string {
  if (isDishonest(audited)) return 'THIS LOG DOES NOT TELL OF A FAIR SALE.';
  const doubts = doubtsOf(audited);
  return doubts.length > 0 ? `it cannot be decided: ${doubts.join('; ')}.` : 'everything is as it must be.';
}
