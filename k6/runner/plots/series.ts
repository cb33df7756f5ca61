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

/**
 * Every `length / most`-th point at least, by the greatest value of each group: a peak must not vanish. NaN breaks the line
 * off where nothing was measured for longer than `gapSeconds`; points that are left out here were measured.
 */
export function thin({ name, points }: Series, gapSeconds: number, most = 300): Series {
  const size = Math.ceil(points.length / most);
  const thinned: Series['points'] = [];
  let group: Series['points'] = [];
  const endGroup = (): void => {
    const [first, ...others] = group;
    if (first !== undefined)
      thinned.push(others.reduce((best, point) => (point[1] > best[1] ? point : best), first));
    group = [];
  };
  for (const [i, point] of points.entries()) {
    const isBehindGap = point[0] - (points[i - 1]?.[0] ?? point[0]) > gapSeconds;
    if (isBehindGap || group.length === size) endGroup();
    if (isBehindGap) thinned.push([point[0], NaN]);
    group.push(point);
  }
  endGroup();
  return { name, points: thinned };
}
