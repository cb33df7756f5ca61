import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Query } from './panels.ts';

const DATASOURCE = { type: 'influxdb', uid: '${datasource}' };

/** What Grafana's InfluxDB data source calls a raw query; the SDK has no type for it. */
interface InfluxDataquery extends Dataquery {
  datasource: typeof DATASOURCE;
  refId: string;
  query: string;
  rawQuery: true;
  resultFormat: 'time_series' | 'table';
  alias?: string;
}

class InfluxQuery implements Query {
  /** k6 writes once a second. */
  readonly leastInterval = '1s';
  private readonly it: InfluxDataquery;

  constructor(query: string, resultFormat: InfluxDataquery['resultFormat'], alias?: string) {
    this.it = {
      datasource: DATASOURCE,
      refId: '',
      query,
      rawQuery: true,
      resultFormat,
      ...(alias !== undefined && { alias }),
      _implementsDataqueryVariant() {},
    };
  }

  refId(id: string): this {
    this.it.refId = id;
    return this;
  }

  build(): InfluxDataquery {
    return this.it;
  }
}

/** Which of the filters a measurement's points have tags for. */
export type Filter = 'testid' | 'scenario' | 'endpoint';
export const REQUESTS: Filter[] = ['testid', 'scenario', 'endpoint'];
export const ITERATIONS: Filter[] = ['testid', 'scenario'];
export const RUNS: Filter[] = ['testid'];

const where = (filters: Filter[]): string =>
  ['$timeFilter', ...filters.map((tag) => `"${tag}" =~ /^$${tag}$/`)].join(' AND ');

const from = (measurement: string, filters: Filter[]): string =>
  `FROM "${measurement}" WHERE ${where(filters)}`;

/** One point per interval; `by` a tag: one series per value of it. */
export function over(
  select: string,
  measurement: string,
  filters: Filter[],
  alias: string,
  by?: string,
): Query {
  const groups = ['time($__interval)', ...(by === undefined ? [] : [`"${by}"`])].join(', ');
  const name = by === undefined ? alias : `$tag_${by}`;
  return new InfluxQuery(
    `SELECT ${select} ${from(measurement, filters)} GROUP BY ${groups} fill(none)`,
    'time_series',
    name,
  );
}

/** Events a second, from a sum or count per interval. */
export const perSecond = (aggregate: string): string => `${aggregate} * 1000 / $__interval_ms`;

/** One value of the whole shown time. */
export const total = (select: string, measurement: string, filters: Filter[], alias: string): Query =>
  new InfluxQuery(`SELECT ${select} ${from(measurement, filters)}`, 'time_series', alias);

/** Values of the whole shown time, a row per value of the tag. */
export const rowsBy = (select: string, measurement: string, filters: Filter[], by: string): Query =>
  new InfluxQuery(`SELECT ${select} ${from(measurement, filters)} GROUP BY "${by}"`, 'table');

export function variables(): Builder<VariableModel>[] {
  const tag = (name: Filter, label: string, measurement: string): QueryVariableBuilder => {
    const query = `SHOW TAG VALUES FROM "${measurement}" WITH KEY = "${name}"`;
    return new QueryVariableBuilder(name)
      .label(label)
      .datasource(DATASOURCE)
      .query(query)
      .definition(query)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .multi(true)
      .includeAll(true)
      .allValue('.*')
      .current({ text: ['All'], value: ['$__all'] });
  };
  return [
    new DatasourceVariableBuilder('datasource').label('InfluxDB').type('influxdb'),
    tag('testid', 'Test', 'http_reqs'),
    tag('scenario', 'Scenario', 'http_reqs'),
    tag('endpoint', 'Endpoint', 'http_reqs'),
  ];
}
