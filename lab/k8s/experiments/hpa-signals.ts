import type { Manifest } from '../cluster/manifest.ts';
import type { Step } from '../load/timeline.ts';
import type { ClusterSample, PodSample } from '../watch.ts';

/** Of the limit: the chart's own target. */
const CPU_SHARE = 0.65;

/** A signal that the autoscaler may follow. */
export interface Variant {
  name: string;
  /** k8s/experiments/<manifest>.yaml */
  manifest: string;
  signal: Step['signal'];
  target: (manifest: Manifest) => number;
  /** The API through which an adapter tells the signal. */
  metrics?: 'custom.metrics.k8s.io' | 'external.metrics.k8s.io';
  isAhead?: boolean;
}

const sumOf = (pod: PodSample | undefined, metric: string): number =>
  Object.entries(pod?.metrics ?? {})
    .filter(([name]) => name === metric || name.startsWith(`${metric}{`))
    .reduce((sum, [, value]) => sum + value, 0);
const mean = (values: number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / (values.length || 1);

/** Cores used by a pod, from one sample to the next. */
function cores(now: ClusterSample, before: ClusterSample): number {
  return mean(
    now.pods.map((pod) => {
      const earlier = before.pods.find(({ name }) => name === pod.name);
      const used = sumOf(pod, 'process_cpu_seconds_total') - sumOf(earlier, 'process_cpu_seconds_total');
      return earlier?.metrics === undefined ? 0 : (used * 1000) / (now.at - before.at || 1);
    }),
  );
}
const inFlight: Step['signal'] = ({ pods }) => mean(pods.map((pod) => sumOf(pod, 'http_requests_in_flight')));
const waiting: Step['signal'] = ({ pods }) =>
  Math.max(0, ...pods.map((pod) => sumOf(pod, 'concert_queue_waiting'))) / (pods.length || 1);

const cpuTarget = ({ size }: Manifest): number => size.cpu * CPU_SHARE;

export const SIGNALS: Variant[] = [
  { name: 'cpu', manifest: 'hpa-cpu', signal: cores, target: cpuTarget },
  {
    name: 'in-flight',
    manifest: 'hpa-in-flight',
    signal: inFlight,
    target: ({ hpa: signals }) => Number(signals.requestsInFlight),
    metrics: 'custom.metrics.k8s.io',
  },
  {
    name: 'waiting',
    manifest: 'hpa-waiting',
    signal: waiting,
    target: ({ hpa: signals }) => Number(signals.waiting),
    metrics: 'external.metrics.k8s.io',
  },
  { name: 'scheduled', manifest: 'hpa-cpu', signal: cores, target: cpuTarget, isAhead: true },
];
