import { listed, type Report, seconds, table } from '../report.ts';
import type { SaleResult } from './sale.ts';

const SALE_HEADS = [
  'entries',
  'admitted',
  'orders paid',
  'seats sold',
  'learned that it was sold out',
  'another entry',
  'violations',
];

/** A sale that was not sold out, or without one of its faults, would prove less than it says. */
export function saleReport(result: SaleResult): Report {
  const { wanted, issued, admitted, paid, seatsSold, seats, soldOut, otherEntry, violations, faults } =
    result;
  const reached = issued >= wanted && result.isSoldOut && result.isWhole;
  const row = [issued, admitted, paid, `${seatsSold} of ${seats}`, soldOut, otherEntry, violations.length];
  const injected = faults.map(({ nemesis, target, fromMs, untilMs }) => [
    nemesis,
    target,
    seconds(fromMs),
    seconds(untilMs),
  ]);
  const text = [
    '# A sale under faults',
    table(SALE_HEADS, [row]),
    table(['fault', 'of', 'from', 'until'], injected),
    `${result.seconds.toFixed(0)} s: ${reached ? 'reached' : `**missed**, of ${wanted} entries, sold out and every fault`}. The audit by outsiders, with ${result.receipts} receipts:`,
    ['```', result.audit.output.trim(), '```'].join('\n'),
    listed(violations),
  ].join('\n\n');
  return { text: `${text}\n`, violations: violations.length, reached };
}
