import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  HeatmapCalculationBucketConfigBuilder,
  HeatmapCalculationMode,
  HeatmapCalculationOptionsBuilder,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type {
  DataTransformerConfig,
  Panel,
  ThresholdsConfig,
  ValueMappingResult,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import type * as units from '@grafana/grafana-foundation-sdk/units';

/** A unit of Grafana. */
type Unit = Extract<(typeof units)[keyof typeof units], string>;

/** Required by every panel. */
export interface About {
  title: string;
  /** What it shows and when to worry. */
  description: string;
  unit: Unit;
  /** Of 24 columns. */
  width?: number;
  height?: number;
  max?: number;
  /** Values from here on are bad: they are red, and a graph shows a line. */
  bad?: number;
  /** Series are shares of a whole. */
  stacked?: boolean;
  /** Values may be below zero. */
  signed?: boolean;
  /** Text for “no data” where that is normal. */
  none?: string;
}

export interface Query extends Builder<Dataquery> {
  refId(id: string): this;
  /** Shortest distance of two points: the interval at which the source gets data. */
  readonly leastInterval?: string;
}

export type PanelBuilder = Builder<Panel> & { id(id: number): unknown };

type AnyBuilder =
  | heatmap.PanelBuilder
  | stat.PanelBuilder
  | statetimeline.PanelBuilder
  | table.PanelBuilder
  | timeseries.PanelBuilder;

function describe<B extends AnyBuilder>(
  builder: B,
  about: About,
  queries: Query[],
  size: [number, number],
): B {
  const [width, height] = size;
  builder.title(about.title).description(about.description).unit(about.unit);
  builder.span(about.width ?? width).height(about.height ?? height);
  builder.thresholds(thresholdsOf(about));
  if (about.max !== undefined) builder.max(about.max);
  if (about.none !== undefined) builder.noValue(about.none);
  for (const [i, query] of queries.entries()) {
    builder.withTarget(query.refId(String.fromCharCode('A'.charCodeAt(0) + i)));
    if (query.leastInterval !== undefined) builder.interval(query.leastInterval);
  }
  return builder;
}

function thresholdsOf({ bad }: About): Builder<ThresholdsConfig> {
  const steps = [
    { value: null, color: 'green' },
    ...(bad === undefined ? [] : [{ value: bad, color: 'red' }]),
  ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

export function graph(about: About, ...queries: Query[]): PanelBuilder {
  const builder = describe(new timeseries.PanelBuilder(), about, queries, [8, 8])
    .fillOpacity(about.stacked === true ? 40 : 8)
    .showPoints(VisibilityMode.Never)
    .spanNulls(false)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (about.signed !== true) builder.min(0);
  if (about.stacked === true)
    builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (about.bad !== undefined)
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  return builder;
}

/** The last value of each query. */
export function number(about: About, ...queries: Query[]): PanelBuilder {
  return describe(new stat.PanelBuilder(), about, queries, [4, 4])
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area);
}

/** Rows of several queries, joined by their common column. */
export function rows(about: About, joinBy: string, columns: Column[], ...queries: Query[]): PanelBuilder {
  const builder = describe(new table.PanelBuilder(), about, queries, [24, 9]);
  for (const { from, title, unit } of columns)
    if (unit !== undefined) builder.overrideByName(title ?? from, [{ id: 'unit', value: unit }]);
  return builder.transformations([joined(joinBy), renamed(columns)]);
}

export interface Column {
  /** As the joined queries name it. */
  from: string;
  title?: string;
  unit?: Unit;
}

const joined = (byField: string): DataTransformerConfig => ({
  id: 'joinByField',
  options: { byField, mode: 'outer' },
});

/** Only these columns, in this order. */
const renamed = (columns: Column[]): DataTransformerConfig => ({
  id: 'organize',
  options: {
    includeByName: Object.fromEntries(columns.map(({ from }) => [from, true])),
    indexByName: Object.fromEntries(columns.map(({ from }, i) => [from, i])),
    renameByName: Object.fromEntries(columns.map(({ from, title }) => [from, title ?? from])),
  },
});

/** Density over time, of the buckets of a Prometheus histogram or (`ofPoints`) of single values. */
export function density(about: About, ofPoints: boolean, ...queries: Query[]): PanelBuilder {
  const builder = describe(new heatmap.PanelBuilder(), about, queries, [12, 9])
    .calculate(ofPoints)
    .yAxis(new heatmap.YAxisConfigBuilder().unit(about.unit).min(0))
    .showLegend();
  const yBuckets = new HeatmapCalculationBucketConfigBuilder().mode(HeatmapCalculationMode.Count).value('40');
  if (ofPoints) builder.calculation(new HeatmapCalculationOptionsBuilder().yBuckets(yBuckets));
  return builder;
}

/** One band per series, named and coloured by its value. */
export function states(
  about: About,
  names: Record<number, ValueMappingResult>,
  ...queries: Query[]
): PanelBuilder {
  return describe(new statetimeline.PanelBuilder(), about, queries, [8, 8])
    .fillOpacity(70)
    .mappings([{ type: MappingType.ValueToText, options: names }]);
}
