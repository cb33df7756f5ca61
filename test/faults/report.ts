import type { Evidence, PhaseRecord, Violation } from './evidence.ts';
import type { Operation } from './history.ts';
import type { RunResult } from './run.ts';
import { targetsOf } from './targets.ts';

export interface Numbers {
  operations: number;
  ok: number;
  fail: number;
  /** 503 with Retry-After: turned away. */
  away: number;
  /** No answer at all. */
  silent: number;
  /** 5xx that are none of those. */
  wrong: number;
}

export const numbersOf = (operations: Operation[]): Numbers => ({
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

/** Milliseconds from the return of what was hit to the end of the last request that was then still not served. */
export function recoveryMs(evidence: Evidence, untilMs: number, nextMs: number): number {
  const late = evidence.operations.filter(
    ({ startMs, outcome }) => startMs >= untilMs && startMs < nextMs && outcome === 'unknown',
  );
  return Math.max(0, ...late.map(({ endMs }) => endMs - untilMs));
}

function phaseRow(evidence: Evidence, phase: PhaseRecord, violations: Violation[]): (string | number)[] {
  const own = numbersOf(within(evidence, phase));
  const recovered = phase.faults.map(({ untilMs }, i) =>
    recoveryMs(evidence, untilMs, phase.faults[i + 1]?.fromMs ?? phase.toMs),
  );
  const found = violations.filter(
    ({ atMs }) => atMs !== undefined && atMs >= phase.fromMs && atMs < phase.toMs,
  );
  const longest = recovered.length > 0 ? `${(Math.max(...recovered) / 1000).toFixed(1)} s` : '–';
  return [
    phase.name,
    phase.faults.length,
    own.operations,
    own.ok,
    own.fail,
    own.away,
    own.silent,
    own.wrong,
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
  'longest recovery',
  'violations',
];

const table = (heads: string[], rows: (string | number)[][]): string =>
  [heads, heads.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

/** The report of a run in Markdown, and whether all that was to be reached was. */
export function reportOf(
  { evidence, violations, verify }: RunResult,
  { seed, names, hasKafka }: { seed: number; names: string[]; hasKafka: boolean },
): { text: string; passed: boolean } {
  const { phases } = evidence;
  const whole = numbersOf(evidence.operations);
  const rows = phases.map((phase) => phaseRow(evidence, phase, violations));
  const faults = phases.reduce((sum, phase) => sum + phase.faults.length, 0);
  rows.push([
    '**all**',
    faults,
    whole.operations,
    whole.ok,
    whole.fail,
    whole.away,
    whole.silent,
    whole.wrong,
    '',
    violations.length,
  ]);
  const targets = targetsOf(evidence, violations);
  const passed = violations.length === 0 && targets.every(({ verdict }) => verdict !== 'missed');
  const text = [
    `# Fault run, seed ${seed}`,
    `\`npm run faults -- ${names.join(' ')} --seed ${seed}\`${hasKafka ? '' : ', without Kafka'}`,
    table(HEADS, rows),
    table(
      ['to reach', 'target', 'measured', ''],
      targets.map(({ what, target, measured, verdict }) => [what, target, measured, verdict]),
    ),
    `\`npm run verify\` at the end: exit code ${verify.code}.`,
    violations.length === 0
      ? 'No violations.'
      : `${violations.length} violations:\n\n${violations
          .slice(0, 60)
          .map(
            ({ check, what, atMs }) =>
              `- **${check}**${atMs === undefined ? '' : ` at ${(atMs / 1000).toFixed(1)} s`}: ${what}`,
          )
          .join('\n')}`,
  ].join('\n\n');
  return { text: `${text}\n`, passed };
}
