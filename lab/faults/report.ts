import { cpus } from 'node:os';
import type { Evidence, PhaseRecord, Violation } from './observed/evidence.ts';
import type { Operation } from './observed/history.ts';
import type { Verdict } from './runs/opening.ts';
import type { HammerResult } from './runs/hammer.ts';
import { type SoakResult, soakTable } from './runs/soak.ts';
import { targetsOf } from './targets.ts';

export interface Numbers {
  operations: number;
  ok: number;
  fail: number;
  /** 503 with Retry-After: refused. */
  away: number;
  /** No answer at all. */
  silent: number;
  /** 5xx that are none of those. */
  wrong: number;
}

const numbersOf = (operations: Operation[]): Numbers => ({
  operations: operations.length,
  ok: operations.filter(({ outcome }) => outcome === 'ok').length,
  fail: operations.filter(({ outcome }) => outcome === 'fail').length,
  away: operations.filter(({ status }) => status === 503).length,
  silent: operations.filter(({ status }) => status === 0).length,
  wrong: operations.filter(({ status }) => status >= 500 && status !== 503).length,
});

export const within = (
  { operations }: Evidence,
  { fromMs, toMs }: Pick<PhaseRecord, 'fromMs' | 'toMs'>,
): Operation[] => operations.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);

/**
 * Milliseconds from the return of what was hit to the end of the last request that was then still not served. What
 * was still under way at `nextMs` may have been cut by the next fault.
 */
export function recoveryMs(evidence: Evidence, untilMs: number, nextMs: number): number {
  const late = evidence.operations.filter(
    ({ startMs, endMs, outcome }) => startMs >= untilMs && endMs < nextMs && outcome === 'unknown',
  );
  return late.reduce((longest, { endMs }) => Math.max(longest, endMs - untilMs), 0);
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function phaseRow(evidence: Evidence, phase: PhaseRecord, violations: Violation[]): (string | number)[] {
  const asked = within(evidence, phase);
  const own = numbersOf(asked);
  const recovered = phase.faults.map(({ untilMs }, i) =>
    recoveryMs(evidence, untilMs, phase.faults[i + 1]?.fromMs ?? phase.toMs),
  );
  const found = violations.filter(
    ({ atMs }) => atMs !== undefined && atMs >= phase.fromMs && atMs < phase.toMs,
  );
  const longest = recovered.length > 0 ? seconds(recovered.reduce((a, b) => Math.max(a, b))) : '–';
  const slowest = seconds(asked.reduce((most, { startMs, endMs }) => Math.max(most, endMs - startMs), 0));
  const seen = phase.faults.flatMap((fault) => fault.seen ?? []);
  return [
    phase.name,
    phase.faults.length,
    own.operations,
    own.ok,
    own.fail,
    own.away,
    own.silent,
    own.wrong,
    [slowest, ...seen].join(', '),
    longest,
    found.length,
  ];
}

const HEADS = [
  'nemesis',
  'faults',
  'operations',
  'ok',
  'refused (4xx)',
  '503',
  'no answer',
  'other 5xx',
  'felt: slowest answer, …',
  'longest recovery',
  'violations',
];

export const table = (heads: string[], rows: (string | number)[][]): string =>
  [heads, heads.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

export interface Report {
  text: string;
  violations: number;
  /** All that was to be reached and was tried. */
  reached: boolean;
}

const MOST_SHOWN = 60;

/** The report of a run in Markdown. */
export function reportOf({ evidence, violations, verify }: Verdict): Report {
  const { phases } = evidence;
  const whole = numbersOf(evidence.operations);
  const rows = phases.map((phase) => phaseRow(evidence, phase, violations));
  const faults = phases.reduce((sum, phase) => sum + phase.faults.length, 0);
  const all = [whole.operations, whole.ok, whole.fail, whole.away, whole.silent, whole.wrong];
  rows.push(['**all**', faults, ...all, '', '', violations.length]);
  const targets = targetsOf(evidence, violations);
  const text = [
    '# Faults',
    table(HEADS, rows),
    table(
      ['to reach', 'target', 'measured', ''],
      targets.map(({ what, target, measured, verdict }) => [what, target, measured, verdict]),
    ),
    `\`npm run db -- verify\` at the end: exit code ${verify.code}.`,
    listed(violations),
  ].join('\n\n');
  const reached = targets.every(({ verdict }) => verdict !== 'missed');
  return { text: `${text}\n`, violations: violations.length, reached };
}

/** Attempts of which none was held, or none met a kill, would prove nothing. */
const hasHammered = ({ wanted, attempts, held, paid, kills }: HammerResult): boolean =>
  attempts >= wanted && held > 0 && paid > 0 && kills > 0;

export function hammerReport(result: HammerResult): Report {
  const { violations, seconds, ...counts } = result;
  const rate = Math.round(counts.attempts / seconds);
  const reached = hasHammered(result);
  const row = [
    counts.attempts,
    counts.held,
    counts.paid,
    counts.refused,
    counts.unknown,
    counts.kills,
    violations.length,
  ];
  const text = [
    '# Reserve attempts under kill -9',
    table(['attempts', 'held', 'sold', 'refused', 'besides unknown', 'kill -9', 'violations'], [row]),
    `${seconds.toFixed(0)} s, ${rate} attempts a second: ${reached ? 'reached' : `**missed**, of ${counts.wanted} with holds, sales and kills`}.`,
    listed(violations),
  ].join('\n\n');
  return { text: `${text}\n`, violations: violations.length, reached };
}

export function soakReport(result: SoakResult): Report {
  const { heads, rows, grown } = soakTable(result);
  const { operations, ok, away, silent } = numbersOf(result.evidence.operations);
  const from = result.samples[0]?.atSeconds ?? 0;
  const to = result.samples.at(-1)?.atSeconds ?? 0;
  const text = [
    '# Soak',
    `${operations} requests, ${ok} with 2xx, ${away} with 503, ${silent} without an answer. Medians of the first, second and last third of ${result.samples.length} looks between ${from} s and ${to} s, after a collection of garbage; rows per visit within each third.`,
    table(heads, rows),
    grown.length === 0 ? 'All is level.' : `Not level: ${grown.join(', ')}.`,
    `\`npm run db -- verify\` at the end: exit code ${result.verify.code}.`,
    listed(result.violations),
  ].join('\n\n');
  return { text: `${text}\n`, violations: result.violations.length, reached: grown.length === 0 };
}

/** How to repeat it, and where it was measured. */
export function environment(command: string): string {
  const [first] = cpus();
  return `\`${command}\`, ${first?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}\n`;
}

export function listed(violations: Violation[]): string {
  if (violations.length === 0) return 'No violations.';
  const shown = violations.slice(0, MOST_SHOWN).map(({ check, what, atMs }) => {
    const when = atMs === undefined ? '' : ` at ${(atMs / 1000).toFixed(1)} s`;
    return `- **${check}**${when}: ${what}`;
  });
  return `${violations.length} violations:\n\n${shown.join('\n')}`;
}
