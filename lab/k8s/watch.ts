import { appendFileSync } from 'node:fs';
import { readMetrics, type Sample } from '../../k6/runner/record/scrape.ts';
import { Forwards } from './cluster/forwards.ts';
import type { KubeProxy } from './cluster/kube.ts';
import { desiredReplicas, metricsOf, type Pod, podsOf, since, startedAt } from './cluster/pods.ts';

/** State of a pod at one moment; times in milliseconds since 1970. */
export interface PodSample {
  name: string;
  scheduledAt: number | undefined;
  startedAt: number | undefined;
  readyAt: number | undefined;
  isLeaving: boolean;
  /** Of its processes; undefined while it does not answer. */
  metrics: Record<string, number> | undefined;
}

/** The API's pods and their autoscaler at one moment, milliseconds since 1970. */
export interface ClusterSample {
  at: number;
  desired: number | undefined;
  pods: PodSample[];
}

const LOOK_EVERY_MS = 1000;
/** All processes say the same of these, or only the worst of them counts; the others add up. */
const NOT_ADDED =
  /^(concert_queue_(waiting|active|active_limit|admission_rate_limit)|concert_breaker_state|nodejs_eventloop_lag|nodejs_eventloop_utilization)/;

/** Looks at the API's pods, their metrics and their autoscaler once a second while a load runs. */
export class Watch {
  readonly samples: ClusterSample[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isBusy = false;
  private readonly forwards = new Forwards();
  private readonly kube: KubeProxy;
  private readonly serverFile: string;
  private readonly startedAt = Date.now();

  /** @param serverFile gets the metrics of all pods together, a line each, as the reports of runs read them */
  constructor(kube: KubeProxy, serverFile: string) {
    this.kube = kube;
    this.serverFile = serverFile;
  }

  start(): void {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.forwards.stop();
  }

  private async look(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    const at = Date.now();
    try {
      const [found, desired] = await Promise.all([podsOf(this.kube), desiredReplicas(this.kube)]);
      this.forwards.keepOnly(found.map(({ metadata }) => metadata.name));
      const pods = await Promise.all(found.map((pod) => this.lookAt(pod)));
      this.samples.push({ at, desired, pods });
      const sample: Sample = { at: (at - this.startedAt) / 1000, values: together(pods) };
      appendFileSync(this.serverFile, `${JSON.stringify(sample)}\n`);
    } catch {
      // a gap in the plots says it
    } finally {
      this.isBusy = false;
    }
  }

  private async lookAt(pod: Pod): Promise<PodSample> {
    const started = startedAt(pod);
    const metrics = started === undefined ? undefined : await metricsOf(this.forwards, pod);
    return {
      name: pod.metadata.name,
      scheduledAt: since(pod, 'PodScheduled'),
      startedAt: started,
      readyAt: since(pod, 'Ready'),
      isLeaving: pod.metadata.deletionTimestamp !== undefined,
      metrics: metrics === undefined ? undefined : readMetrics(metrics),
    };
  }
}

function together(pods: PodSample[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { metrics = {} } of pods)
    for (const [name, value] of Object.entries(metrics))
      all[name] = NOT_ADDED.test(name) ? Math.max(all[name] ?? 0, value) : (all[name] ?? 0) + value;
  return all;
}

/** Requests to the product that a pod has answered so far, probes and scrapes left out. */
export const answered = ({ metrics = {} }: Pick<PodSample, 'metrics'>): number =>
  Object.entries(metrics)
    .filter(
      ([name]) => name.startsWith('http_request_duration_seconds_count') && name.includes('route="/v1/'),
    )
    .reduce((sum, [, value]) => sum + value, 0);
