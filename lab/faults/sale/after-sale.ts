import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SaleReport } from '../../../src/modules/after-sale/schema.ts';
import type { FinalState, Violation } from '../observed/evidence.ts';
import type { System } from '../system/index.ts';

/** `npm run queue -- report` of the sale, into a folder below that of the run. */
export async function makeReport(system: System, folder: string): Promise<SaleReport> {
  const out = join(folder, 'after-sale');
  await system.tool('report', ['--out', out]);
  const page = [...process.execArgv, join(process.cwd(), 'k6', 'runner', 'after-sale.ts'), out];
  await promisify(execFile)(process.execPath, page);
  return JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as SaleReport;
}

/**
 * What the report says otherwise than the audit, which shares no code with it, and than the rows.
 * @param audit what the audit has said of the same log
 */
export function checkReport(report: SaleReport, audit: string, state: FinalState): Violation[] {
  const n = (value: number): string => value.toLocaleString('en');
  const { counts, sold, returned, won, checkpoint } = report;
  const { admissions, ends } = counts;
  const admitted = admissions.next + admissions.rejoined + admissions.free;
  const said = [
    `: ${n(checkpoint.size)} leaves, `,
    `Issued ${n(counts.issued)}, admitted ${n(admitted)} (in turn ${n(admissions.next)}, back ${n(admissions.rejoined)}, at once ${n(admissions.free)})`,
    `Ended: paid ${n(ends.paid)}, expired ${n(ends.expired)}, released ${n(ends.released)}, replaced ${n(ends.replaced)}.`,
    `Losses: ${n(counts.restores)} restores, ${n(counts.gaps)} gaps,`,
  ];
  const paid = state.reservations.filter(({ status }) => status === 'RESERVED');
  const total = paid.reduce((sum, { amount }) => sum + amount, 0);
  const rows = `${paid.length} seats for ${total} won`;
  const own = `${sold - returned} seats for ${won} won`;
  return [
    ...said.filter((text) => !audit.includes(text)).map((text) => `the audit does not say "${text.trim()}"`),
    ...(own === rows ? [] : [`it has ${own}, the rows ${rows}`]),
  ].map((what) => ({ check: 'untrue report', what }));
}
