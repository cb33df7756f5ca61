import type { Stores } from './stores';

/** As Grafana does it: names in braces or without, the longest first. */
function fill(text: string, values: Record<string, string>): string {
  return Object.entries(values)
    .sort(([a], [b]) => b.length - a.length)
    .reduce((it, [name, value]) => it.replaceAll(`\${${name}}`, value).replaceAll(`$${name}`, value), text);
}

interface PrometheusAnswer {
  status: string;
  error?: string;
  data: { result: { values?: [number, string][]; value?: [number, string] }[] };
}

interface InfluxAnswer {
  error?: string;
  results?: { error?: string; series?: { columns: string[]; values: (number | string | null)[][] }[] }[];
}

/** Asks the stores as Grafana does. */
export class Queries {
  /** Seconds since 1970 at which everything was measured: the queries may come later on a busy machine. */
  measuredAt = 0;

  constructor(private readonly stores: Stores) {}

  /** The values that are numbers. @param job what is selected: all, unless the dashboard is about one */
  async valuesFrom(expr: string, instant: boolean, job = 'concert-.+'): Promise<number[]> {
    const end = this.measuredAt;
    const query = fill(expr, {
      namespace: 'shop',
      job,
      instance: '.+',
      __rate_interval: '12s',
      __range: '60s',
    });
    const parameters = { query, time: String(end), start: String(end - 30), end: String(end), step: '1' };
    const answer = await fetch(`${this.stores.prometheusUrl}/api/v1/${instant ? 'query' : 'query_range'}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    const { status, error, data } = (await answer.json()) as PrometheusAnswer;
    if (status !== 'success') throw new Error(`${error ?? status}: ${query}`);
    return data.result
      .flatMap(({ values = [], value }) => (value === undefined ? values : [value]))
      .map(([, it]) => Number(it))
      .filter((it) => Number.isFinite(it));
  }

  async askPrometheus(expr: string, instant = false): Promise<number> {
    return (await this.valuesFrom(expr, instant)).length;
  }

  /** The rows without a gap. @param filters values of the dashboard's variables */
  async askInflux(query: string, filters: Record<string, string> = {}): Promise<unknown[][]> {
    const q = fill(query, {
      timeFilter: 'time >= now() - 5m',
      __interval: '1s',
      __interval_ms: '1000',
      testid: '.*',
      scenario: '.*',
      endpoint: '.*',
      ...filters,
    });
    const answer = await fetch(`${this.stores.influxUrl}/query?db=k6&epoch=ms`, {
      method: 'POST',
      body: new URLSearchParams({ q }),
    });
    const { error, results = [] } = (await answer.json()) as InfluxAnswer;
    const wrong = error ?? results.find((it) => it.error !== undefined)?.error;
    if (wrong !== undefined) throw new Error(`${wrong}: ${q}`);
    return results
      .flatMap(({ series = [] }) => series.flatMap(({ values }) => values))
      .filter((row) => row.slice(1).every((value) => value !== null));
  }
}
