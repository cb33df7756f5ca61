import type { AnnotationQuery, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  DataqueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus';

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** A query over the selected time range. */
export function prom(expr: string, legend = ''): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .datasource(DATASOURCE)
    .editorMode(QueryEditorMode.Code)
    .expr(expr)
    .range();
  return legend === '' ? query.legendFormat('__auto') : query.legendFormat(legend);
}

/** A query at the end of the selected time range, as rows of a table. */
export const promNow = (expr: string): DataqueryBuilder =>
  new DataqueryBuilder()
    .datasource(DATASOURCE)
    .editorMode(QueryEditorMode.Code)
    .expr(expr)
    .instant()
    .format(PromQueryFormat.Table);

/** A query of a histogram's buckets. */
export const promBuckets = (expr: string): DataqueryBuilder =>
  prom(expr, '{{le}}').format(PromQueryFormat.Heatmap);

/** Of the selected installation, where a Prometheus has several. Outside of Kubernetes series have no namespace, which `.*` matches. */
export const HERE = 'namespace=~"$namespace"';

/** The same of what rules record: only those for a Prometheus operator name the namespace. */
export const recorded = (name: string): string => `${name}{namespace=~"$namespace|"}`;

/** The series of a metric that belong to the selected processes. */
export const of = (metric: string, more = ''): string =>
  `${metric}{${HERE}, job=~"$job", instance=~"$instance"${more === '' ? '' : `, ${more}`}}`;

/** Increase of a counter per second. */
export const rate = (metric: string, more = ''): string => `rate(${of(metric, more)}[$__rate_interval])`;

export const quantile = (q: number, histogram: string, by = '', more = ''): string =>
  `histogram_quantile(${q}, sum by (le${by === '' ? '' : `, ${by}`}) (${rate(`${histogram}_bucket`, more)}))`;

/** 0 while nothing has been counted, because a labelled series starts with its first event. Only for events that may never happen. */
export const orNone = (expr: string): string => `${expr} or vector(0) unless on() ${expr}`;

/** The selectors of data source and processes. @param jobs which processes there are to select from */
export function variables(jobs = 'concert-.+'): Builder<VariableModel>[] {
  const processes = (name: string, label: string, query: string): QueryVariableBuilder =>
    new QueryVariableBuilder(name)
      .label(label)
      .datasource(DATASOURCE)
      .query(query)
      .definition(query)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      .allValue('.+')
      .current({ text: ['All'], value: ['$__all'] });
  return [
    new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    // `up` of other jobs must not count: All is every job that serves this product, not every job.
    processes(
      'namespace',
      'Namespace',
      `label_values(http_requests_in_flight{job=~"${jobs}"}, namespace)`,
    ).allValue('.*'),
    processes('job', 'Job', `label_values(http_requests_in_flight{${HERE}, job=~"${jobs}"}, job)`).allValue(
      jobs,
    ),
    processes(
      'instance',
      'Process',
      `label_values(http_requests_in_flight{${HERE}, job=~"$job"}, instance)`,
    ),
  ];
}

const event = (name: string, iconColor: string, expr: string, titleFormat: string): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(iconColor)
    .expr(expr)
    .titleFormat(titleFormat)
    .step('5s');

/** Events that explain a change in a curve. */
export const events = (): Builder<AnnotationQuery>[] => [
  event(
    'Process started',
    'blue',
    `${of('process_start_time_seconds')} * 1000`,
    '{{instance}} started',
  ).useValueForTime(true),
  event(
    'Replicas',
    'purple',
    `changes(sum(up{${HERE}, job=~"$job"})[1m:5s]) > 0`,
    'the number of replicas changes',
  ),
  event(
    'Breaker',
    'red',
    `max by (breaker) (${of('concert_breaker_state', 'state="open"')}) > 0`,
    '{{breaker}} is open',
  ),
  event(
    'Redis restored',
    'orange',
    `sum by (queue) (${of('concert_queue_state_restores_total')}) > (sum by (queue) (${of('concert_queue_state_restores_total')} offset 1m) or sum by (queue) (${of('concert_queue_state_restores_total')}) * 0)`,
    'the state of queue {{queue}} was lost and has been restored',
  ),
];
