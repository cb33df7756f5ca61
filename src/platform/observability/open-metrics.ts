import type { Registry } from 'prom-client';

/** What a scraper that takes OpenMetrics names in its Accept header. */
const MEDIA_TYPE = 'application/openmetrics-text';
export const OPEN_METRICS = `${MEDIA_TYPE}; version=1.0.0; charset=utf-8`;

interface Value {
  labels?: Record<string, string | number>;
  value: number;
  metricName?: string;
  /** null: prom-client's own histograms have the field, and no exemplar. */
  exemplar?: { labelSet: Record<string, string>; value: number; timestamp: number } | null;
}

interface Family {
  name: string;
  help: string;
  type: unknown;
  values: Value[];
}

export const wantsOpenMetrics = (accept: string | undefined): boolean =>
  accept?.includes(MEDIA_TYPE) === true;

/**
 * The metrics as OpenMetrics, which alone has exemplars. Not prom-client's own (15.1.3): it renames the counters of the
 * registry while it writes, so that the next scrape in the older format finds other names; and it calls its own
 * histograms only.
 */
export async function openMetrics(registry: Registry): Promise<string> {
  const families = (await registry.getMetricsAsJSON()) as unknown as Family[];
  return `${families.flatMap(linesOf).join('\n')}\n# EOF\n`;
}

function linesOf({ name, help, type, values }: Family): string[] {
  const isCounter = type === 'counter';
  const family = isCounter ? name.replace(/_total$/, '') : name;
  return [
    `# HELP ${family} ${escaped(help)}`,
    `# TYPE ${family} ${String(type)}`,
    ...values.map((value) => lineOf(isCounter ? `${family}_total` : name, value)),
  ];
}

function lineOf(name: string, { labels = {}, value, metricName = name, exemplar }: Value): string {
  const line = `${metricName}${labelsOf(labels)} ${numberOf(value)}`;
  if (exemplar == null) return line;
  const { labelSet, value: observed, timestamp } = exemplar;
  return `${line} # ${labelsOf(labelSet)} ${numberOf(observed)} ${timestamp.toFixed(3)}`;
}

function labelsOf(labels: Record<string, string | number>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

const numberOf = (value: number): string =>
  Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
