import { SUMMARY } from './options.ts';

interface Metric {
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
}
export interface Summary {
  metrics: Record<string, Metric | undefined>;
  state: { testRunDurationMs: number };
}

const COUNTERS = ['iterations', 'dropped_iterations', 'visits', 'holds', 'seat_conflicts', 'tickets_sold'];
const SUBMETRIC = 'http_req_duration{endpoint:';

/** Exported by every script. Writes the data of k6 to SUMMARY as JSON, and a short text to the screen. */
export function handleSummary(data: Summary): Record<string, string> {
  return outputs(data, textOf(data));
}

export function outputs(data: object, text: string): Record<string, string> {
  return { stdout: text, ...(SUMMARY === '' ? {} : { [SUMMARY]: JSON.stringify(data) }) };
}

export function textOf({ metrics, state }: Summary): string {
  const valueOf = (name: string, value: string): number => metrics[name]?.values[value] ?? 0;
  const percent = (name: string, what: string): string =>
    metrics[name] === undefined ? '' : `, ${(valueOf(name, 'rate') * 100).toFixed(2)} % ${what}`;
  const line = (label: string, name: string): string => {
    const ms = ['med', 'p(95)', 'p(99)', 'max'].map((it) => valueOf(name, it).toFixed(1));
    return row([label, String(valueOf(name, 'count')), ...ms]);
  };
  const endpoints = Object.keys(metrics).filter((name) => name.startsWith(SUBMETRIC));
  const crossed = Object.entries(metrics).flatMap(([name, metric]) =>
    Object.entries(metric?.thresholds ?? {})
      .filter(([, { ok }]) => !ok)
      .map(([expression]) => `  ✗ ${name}: ${expression}`),
  );
  const isJudged = Object.values(metrics).some((metric) => metric?.thresholds !== undefined);
  return [
    '',
    `${(state.testRunDurationMs / 1000).toFixed(1)} s, ${valueOf('http_reqs', 'count')} requests, ` +
      `${valueOf('http_reqs', 'rate').toFixed(1)}/s${percent('http_req_failed', 'failed')}${percent('queue_admitted', 'admitted')}` +
      `${percent('found_no_seat', 'of them found no seat')}${percent('gave_up', 'gave up')}`,
    COUNTERS.filter((name) => metrics[name] !== undefined)
      .map((name) => `${name} ${valueOf(name, 'count')}`)
      .join(', '),
    row(['latency, ms', 'count', 'med', 'p95', 'p99', 'max']),
    line('all requests', 'http_req_duration'),
    ...endpoints.map((name) => line(name.slice(SUBMETRIC.length, -1), name)),
    ...(metrics['queue_time'] === undefined ? [] : [line('in the queue', 'queue_time')]),
    isJudged ? (crossed.length === 0 ? 'all thresholds hold' : 'thresholds crossed:') : 'no thresholds',
    ...crossed,
    '',
  ].join('\n');
}

const row = ([label = '', ...values]: string[]): string =>
  `  ${label.padEnd(14)}${values.map((value) => value.padStart(10)).join('')}`;
