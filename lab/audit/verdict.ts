import type { Audited } from './audit.ts';

const SHOWN = 20;

export const isHonest = ({ sale, contradictions }: Audited): boolean =>
  sale.counts.found === 0 && contradictions.length === 0;

/** Findings of the audit, as text. */
export function verdictOf(audited: Audited, seconds: number): string {
  const { sale, checkpoint, consistent, contradictions } = audited;
  const n = (value: number): string => value.toLocaleString('en');
  const { counts } = sale;
  const admitted = counts.next + counts.rejoined + counts.free;
  const lines = [
    `Log ${checkpoint.origin}: ${n(checkpoint.size)} leaves, checked in ${seconds.toFixed(1)} s.`,
    `Issued ${n(counts.issued)}, admitted ${n(admitted)} (in turn ${n(counts.next)}, back ${n(counts.rejoined)}, at once ${n(counts.free)}), passed over while absent ${n(counts.passedOver)}.`,
    `Ended: paid ${n(counts.paid)}, expired ${n(counts.expired)}, released ${n(counts.released)}, replaced ${n(counts.replaced)}. Most active at once ${n(counts.mostActive)}. Draws ${n(counts.draws)}.`,
    `Losses: ${n(counts.restores)} restores, ${n(counts.gaps)} gaps; ${n(counts.again)} entries were admitted again after one.`,
    consistent === 0
      ? 'No earlier checkpoint was given: that the log has not been rewritten before now cannot be checked.'
      : `It has grown out of ${n(consistent)} checkpoints that were seen before.`,
    ...contradictions.map((text) => `NOT CONSISTENT: ${text}.`),
    ...sale.findings.slice(0, SHOWN).map(({ index, text }) => `WRONG at leaf ${n(index)}: ${text}.`),
    ...(counts.found > SHOWN ? [`… and ${n(counts.found - SHOWN)} more.`] : []),
  ];
  const words = isHonest(audited)
    ? 'Verdict: everything is as it must be.'
    : 'Verdict: THIS LOG DOES NOT TELL OF A FAIR SALE.';
  return `${[...lines, words].join('\n')}\n`;
}
