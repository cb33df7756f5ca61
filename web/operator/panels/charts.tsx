import { h, type VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { formatNumber } from '../format';
import { history, isLost, queue, report } from '../live/state';
import { t } from '../texts';

/** Columns as uPlot takes them: times in seconds, then each curve. */
type Columns = [number[], ...(number | null)[][]];

interface Curve {
  label: string;
  /** The name of a colour of the style sheet. */
  color: string;
  isDashed?: boolean;
  isBar?: boolean;
}

const HEIGHT = 140;
const MINUTE_S = 60;
const HOUR_MINUTES = 60;

export function Charts(): VNode {
  const { charts } = t.value;
  const queueId = queue.value?.queueId ?? '';
  const points = history.value;
  const times = points.map(({ atMs }) => atMs / 1000);
  const of = (
    read: (point: { waiting: number; active: number; limit: number }) => number,
  ): (number | null)[] =>
    points.map(({ queues }) => {
      const own = queues[queueId];
      return own === undefined ? null : read(own);
    });
  const target = report.value?.fleet.targetP99Ms ?? 0;
  return (
    <div class="charts" data-stale={isLost.value}>
      <Chart
        name="waiting"
        title={charts.waiting}
        curves={[{ label: charts.waiting, color: '--curve' }]}
        columns={[times, of(({ waiting }) => waiting)]}
      />
      <Chart
        name="active"
        title={charts.active}
        curves={[
          { label: charts.active, color: '--curve' },
          { label: charts.limit, color: '--soft', isDashed: true },
        ]}
        columns={[times, of(({ active }) => active), of(({ limit }) => limit)]}
      />
      <Chart
        name="p99"
        title={charts.p99}
        curves={[
          { label: charts.p99, color: '--curve' },
          { label: charts.objective, color: '--bad', isDashed: true },
        ]}
        columns={[times, points.map(({ p99Ms }) => p99Ms), points.map(() => target)]}
      />
      <Chart
        name="sales"
        title={charts.sales}
        curves={[{ label: charts.sales, color: '--curve', isBar: true }]}
        columns={salesColumns(queueId)}
      />
    </div>
  );
}

/** The last hour, minutes without a sale included. */
function salesColumns(queueId: string): Columns {
  const now = report.value;
  if (now === undefined || now.nowMs === 0) return [[], []];
  const minutes = now.sales.queues.find((each) => each.queueId === queueId)?.minutes ?? [];
  const sold = new Map(minutes.map(({ minuteMs, seats }) => [minuteMs / 1000, seats]));
  const last = Math.floor(now.nowMs / 1000 / MINUTE_S) * MINUTE_S;
  const times = Array.from({ length: HOUR_MINUTES }, (_, i) => last - (HOUR_MINUTES - 1 - i) * MINUTE_S);
  return [times, times.map((time) => sold.get(time) ?? 0)];
}

/** A curve for the eye, and the same in a sentence for those who do not see it. */
function Chart({
  name,
  title,
  curves,
  columns,
}: {
  name: string;
  title: string;
  curves: Curve[];
  columns: Columns;
}): VNode {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const labels = curves.map(({ label }) => label).join();
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const made = plotOf(element, curves);
    plot.current = made;
    made.setData(columns);
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    watcher.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => made.redraw(false, true);
    scheme.addEventListener('change', redraw);
    return () => {
      scheme.removeEventListener('change', redraw);
      watcher.disconnect();
      made.destroy();
    };
  }, [labels]);
  useEffect(() => plot.current?.setData(columns));
  const values = (columns[1] ?? []).filter((value) => value !== null);
  const now = values.at(-1);
  const { summary, empty } = t.value.charts;
  const sentence =
    now === undefined
      ? empty
      : summary(title, formatNumber(now), formatNumber(values.reduce((a, b) => Math.max(a, b), 0)));
  return (
    <figure class="card chart" data-chart={name}>
      <figcaption>
        {title}
        <span class="now">{now === undefined ? '–' : formatNumber(now)}</span>
      </figcaption>
      <p class="unseen">{sentence}</p>
      <div ref={place} class="plot" aria-hidden="true" />
    </figure>
  );
}

/** Colours are read when a curve is drawn: they follow the scheme of the device. */
const colour = (name: string) => (): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function plotOf(element: HTMLElement, curves: Curve[]): uPlot {
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: Math.max(100, element.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 4, 0, 0],
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
      axes: [
        {
          ...axis,
          size: 24,
          space: 70,
          values: (_plot, times) => times.map((time) => clockOf(time)),
        },
        { ...axis, size: 46, space: 36, values: (_plot, values) => values.map((value) => shortOf(value)) },
      ],
      series: [
        {},
        ...curves.map(({ label, color, isDashed = false, isBar = false }) => ({
          label,
          stroke: colour(color),
          width: 2,
          points: { show: false },
          ...(isDashed ? { dash: [5, 4], width: 1.5 } : {}),
          ...(isBar ? { fill: colour(color), width: 0, paths: uPlot.paths.bars?.({ size: [0.7] }) } : {}),
        })),
      ] as uPlot.Series[],
    },
    [[], ...curves.map(() => [])] as unknown as uPlot.AlignedData,
    element,
  );
}

const clockOf = (seconds: number): string => {
  const at = new Date(seconds * 1000);
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
};

/** `1,200` would not fit: `1.2k`. */
const shortOf = (value: number): string =>
  new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(value);
