/** Values over the time of a run; the time is in seconds since its start. */
export interface Series {
  name: string;
  points: [seconds: number, value: number][];
}

/** How a plot is labelled. */
export interface Plot {
  title: string;
  unit: 'ms' | '/s' | 's' | 'count' | 'share' | 'connections';
  series: Series[];
  /** A line across: a target or a limit. */
  limit?: { value: number; name: string };
  /** Seconds without a value after which nothing was measured in between; default: 10. */
  gapSeconds?: number;
}

/** Every `length / most`-th point at least, by the greatest value of each group: a peak must not vanish. */
export function thin({ name, points }: Series, most = 300): Series {
  if (points.length <= most) return { name, points };
  const size = Math.ceil(points.length / most);
  const thinned: Series['points'] = [];
  for (let at = 0; at < points.length; at += size) {
    const group = points.slice(at, at + size);
    const peak = group.reduce((best, point) => (point[1] > best[1] ? point : best));
    thinned.push(peak);
  }
  return { name, points: thinned };
}
