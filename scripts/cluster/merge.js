// The results of the pods of one load test, put together and judged as one.

/** Exponents of p(…) that a pod's summary has, ascending. @returns {[share: number, value: number][]} */
function quantilesOf(values) {
  const points = Object.entries(values).flatMap(([name, value]) => {
    const [, percent] = /^p\(([\d.]+)\)$/.exec(name) ?? [];
    return percent === undefined ? [] : [[Number(percent) / 100, value]];
  });
  return [...points, [0.5, values.med], [1, values.max]].sort(([a], [b]) => a - b);
}

/**
 * The value that `share` of all samples do not exceed, from above: of each part it is known that at least a share p of its
 * samples are at most its p-quantile. So the answer is never below the true one, by at most one step of the quantiles.
 */
function quantile(parts, share) {
  const known = parts.map(({ count, ...values }) => ({ count, points: quantilesOf(values) }));
  const wanted = share * known.reduce((sum, { count }) => sum + count, 0);
  const candidates = known.flatMap(({ points }) => points.map(([, value]) => value)).sort((a, b) => a - b);
  const samplesUpTo = (most) =>
    known.reduce((sum, { count, points }) => {
      const last = points.findLast(([, value]) => value <= most);
      return sum + count * (last?.[0] ?? 0);
    }, 0);
  // Shares are decimal fractions: what is missing by rounding is not missing.
  return candidates.find((value) => samplesUpTo(value) >= wanted * (1 - 1e-9)) ?? candidates.at(-1) ?? 0;
}

const sum = (all, name) => all.reduce((total, values) => total + (values[name] ?? 0), 0);
const of = (all, name) => all.map((values) => values[name]).filter((value) => value !== undefined);

const MERGE = {
  counter: (all, seconds) => ({ count: sum(all, 'count'), rate: sum(all, 'count') / seconds }),
  rate: (all) => {
    const [passes, fails] = [sum(all, 'passes'), sum(all, 'fails')];
    return { passes, fails, rate: passes / (passes + fails || 1) };
  },
  gauge: (all) => ({
    value: Math.max(...of(all, 'value')),
    min: Math.min(...of(all, 'min')),
    max: Math.max(...of(all, 'max')),
  }),
  trend: (all) => {
    const parts = all.filter(({ count }) => count > 0);
    const count = sum(parts, 'count');
    if (count === 0) return { count, avg: 0, min: 0, med: 0, max: 0 };
    const weighted = parts.reduce((total, values) => total + values.avg * values.count, 0);
    const shares = Object.keys(parts[0]).filter((name) => name.startsWith('p('));
    return {
      count,
      avg: weighted / count,
      min: Math.min(...of(parts, 'min')),
      max: Math.max(...of(parts, 'max')),
      med: quantile(parts, 0.5),
      ...Object.fromEntries(shares.map((name) => [name, quantile(parts, Number(name.slice(2, -1)) / 100)])),
    };
  },
};

const COMPARE = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '===': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

/** @throws Error for an expression that is none of k6's: what is not understood must not count as kept */
function holds(expression, values) {
  const [, name, operator, limit] =
    /^\s*([a-z]+(?:\([\d.]+\))?)\s*([<>=!]+)\s*(-?[\d.]+)\s*$/.exec(expression) ?? [];
  const compare = COMPARE[operator];
  if (compare === undefined) throw new Error(`the threshold "${expression}" is not understood`);
  return compare(values[name] ?? 0, Number(limit));
}

/**
 * @param {{metrics: object, state: {testRunDurationMs: number}}[]} summaries what each pod's k6 has written
 * @returns {{metrics: object, state: {testRunDurationMs: number}}} as if one k6 had done it all
 */
function merge(summaries) {
  const testRunDurationMs = Math.max(...summaries.map(({ state }) => state.testRunDurationMs));
  const names = [...new Set(summaries.flatMap(({ metrics }) => Object.keys(metrics)))];
  const metrics = names.map((name) => {
    const parts = summaries.map((it) => it.metrics[name]).filter((it) => it !== undefined);
    const { type, contains } = parts[0];
    const values = MERGE[type](
      parts.map((part) => part.values),
      testRunDurationMs / 1000,
    );
    const expressions = [...new Set(parts.flatMap(({ thresholds = {} }) => Object.keys(thresholds)))];
    const thresholds = Object.fromEntries(expressions.map((it) => [it, { ok: holds(it, values) }]));
    return [name, { type, contains, values, ...(expressions.length > 0 && { thresholds }) }];
  });
  return { state: { testRunDurationMs }, metrics: Object.fromEntries(metrics) };
}

/** @returns {string[]} `metric: threshold` of those that the whole does not keep */
const crossed = ({ metrics }) =>
  Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.entries(thresholds)
      .filter(([, { ok }]) => !ok)
      .map(([expression]) => `${name}: ${expression}`),
  );

/** A short text for the screen, as the scripts' own of one k6. */
function textOf(merged, pods) {
  const { metrics, state } = merged;
  const value = (name, what) => metrics[name]?.values[what] ?? 0;
  const latency = ['med', 'p(95)', 'p(99)', 'max'].map(
    (it) => `${it} ${value('http_req_duration', it).toFixed(1)} ms`,
  );
  const failed = crossed(merged);
  return [
    `${pods} pods, ${(state.testRunDurationMs / 1000).toFixed(1)} s, ${value('http_reqs', 'count')} requests, ` +
      `${value('http_reqs', 'rate').toFixed(1)}/s, ${(value('http_req_failed', 'rate') * 100).toFixed(2)} % failed`,
    latency.join(', '),
    failed.length === 0 ? 'all thresholds hold' : 'thresholds crossed:',
    ...failed.map((it) => `  ✗ ${it}`),
  ].join('\n');
}

module.exports = { crossed, merge, textOf };
