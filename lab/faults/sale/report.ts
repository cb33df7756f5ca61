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
    afterSale(result.report),
    listed(violations),
  ].join('\n\n');
  return { text: `${text}\n`, violations: violations.length, reached };
}

const SALE = /<!-- sale -->[^]*<!-- \/sale -->/;

/** The page of results with another sale: without the heading, and with a link that leads somewhere from there. */
export function withSale(page: string, report: string): string {
  const shown = report
    .replace(/^# .*\n+/, '')
    .replace('(after-sale/report.html)', '(../operations/after-sale-report.md)');
  return page.replace(SALE, () => `<!-- sale -->\n${shown.trim()}\n<!-- /sale -->`);
}

/** What the report of the sale says, which lies beside this one. */
function afterSale({ waits, refused, etaAbsoluteError, chances }: SaleResult['report']): string {
  const { bins, words, brier } = chances;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const shown = [...words, ...bins.map((bin) => ({ ...bin, word: `${bin.from} to ${bin.to}` }))];
  return [
    `The [after-sale report](after-sale/report.html) says the same as the audit and the rows. ${waits.count} users were admitted, after ${waits.p50.toFixed(1)} s (median) and ${waits.p99.toFixed(1)} s (p99); ${refused.absent} were absent in their turn, and the turn of ${refused.notReached} did not come. The estimated wait was wrong by ${etaAbsoluteError.p50.toFixed(1)} s (median of ${etaAbsoluteError.count}). Brier score of the chances: ${brier === null ? 'none' : brier.toFixed(3)}.`,
    table(
      ['chance', 'said', 'expected', 'came true'],
      shown.map(({ word, said, predicted, served }) => [word, said, percent(predicted), percent(served)]),
    ),
  ].join('\n\n');
}
