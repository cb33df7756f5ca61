import { dashboard } from './lib/dashboard.ts';
import { graph, number } from './lib/panels.ts';
import { events, HERE, of, prom, quantile, rate, variables } from './lib/prometheus.ts';
import { API } from './service/routes.ts';

/** KEDA's has a prefix; that of the pages ends with -web. */
const HPA = `${HERE}, horizontalpodautoscaler=~".*concert-api"`;
/** The API is what is scaled: the worker has its own number. With ROLE=all a process of that job does both. */
const API_JOB = 'concert-api';
/** Without kube-state-metrics the desired replicas are the existing ones. */
const desired = `max(kube_horizontalpodautoscaler_status_desired_replicas{${HPA}}) or count(up{${HERE}, job=~"$job"})`;
const allowed = `max(kube_horizontalpodautoscaler_spec_max_replicas{${HPA}})`;
const ready = `sum(up{${HERE}, job=~"$job"})`;
const cpu = rate('process_cpu_seconds_total');
/** What the chart tells each pod of its resources.requests.cpu. */
const request = of('concert_pod_cpu_request_cores');
const ofRequest = `${cpu} / on (job, instance) ${request}`;

export const scaling = dashboard({
  uid: 'concert-scaling',
  title: 'Scaling',
  description:
    'For experiments with the number and size of replicas: desired and ready replicas, and the effect on users.',
  source: 'prometheus',
  variables: [
    ...variables(API_JOB),
  ],
  annotations: events(),
  rows: [
    {
      title: 'Replicas',
      panels: [
        number(
          {
            title: 'Desired',
            description:
              'Replicas desired by the HPA, by kube-state-metrics; without that, those that Prometheus knows.',
            unit: 'short',
            width: 3,
          },
          prom(desired),
        ),
        number(
          { title: 'Ready', description: 'Replicas of the API that answer Prometheus.', unit: 'short', width: 3 },
          prom(ready),
        ),
        number(
          {
            title: 'CPU of request',
            description:
              'Mean over all replicas, of what a pod requests. The HPA adds replicas above its target, which is a number of cores.',
            unit: 'percentunit',
            width: 6,
            none: 'not in Kubernetes',
          },
          prom(`avg(${ofRequest})`),
        ),
        number(
          { title: 'p99', description: 'The objective is 200 ms.', unit: 's', width: 6, bad: 0.2 },
          prom(quantile(0.99, 'http_request_duration_seconds', '', API)),
        ),
        number(
          { title: 'Waiting', description: 'Users who wait and are present.', unit: 'short', width: 6 },
          prom(`sum(max by (queue) (${of('concert_queue_waiting')}))`),
        ),
        graph(
          {
            title: 'Replicas',
            description:
              'Desired, allowed (both by the HPA, from kube-state-metrics) and ready replicas. The gap is the time to start.',
            unit: 'short',
            width: 12,
          },
          prom(desired, 'desired'),
          prom(allowed, 'allowed'),
          prom(ready, 'ready'),
        ),
        graph(
          {
            title: 'CPU against request',
            description:
              'CPU by replica. Above 100 % a replica uses the spare CPU of its node. The HPA follows the mean.',
            unit: 'percentunit',
            width: 12,
            bad: 1,
            none: 'not in Kubernetes',
          },
          prom(ofRequest, '{{instance}}'),
          prom(`avg(${ofRequest})`, 'mean'),
        ),
      ],
    },
    {
      title: 'Effect on users',
      panels: [
        graph(
          {
            title: 'Requests by replica',
            description: 'Uneven rates mean that the balancer keeps old connections on old replicas.',
            unit: 'reqps',
            stacked: true,
          },
          prom(`sum by (instance) (${rate('http_request_duration_seconds_count', API)})`, '{{instance}}'),
        ),
        graph(
          {
            title: 'p99 by replica',
            description: 'p99 by replica and of all. A new replica is slow while it warms up.',
            unit: 's',
            bad: 0.2,
          },
          prom(quantile(0.99, 'http_request_duration_seconds', 'instance', API), '{{instance}}'),
          prom(quantile(0.99, 'http_request_duration_seconds', '', API), 'all'),
        ),
        graph(
          {
            title: 'Requests shed',
            description: 'Requests answered 503 at once, by replica: there are too few replicas for the load.',
            unit: 'reqps',
          },
          prom(`sum by (instance) (${rate('http_requests_shed_total')})`, '{{instance}}'),
        ),
        graph(
          {
            title: 'Waiting and active',
            description: 'The waiting room keeps the load steady, so that a rush shows here and not in CPU.',
            unit: 'short',
          },
          prom(`sum(max by (queue) (${of('concert_queue_waiting')}))`, 'waiting'),
          prom(`sum(max by (queue) (${of('concert_queue_active')}))`, 'active'),
        ),
        graph(
          {
            title: 'Event loop in use',
            description: 'Use of the event loop by the busiest replica. CPU shares of several cores hide it.',
            unit: 'percentunit',
            max: 1,
            bad: 0.9,
          },
          prom(`max(${of('nodejs_eventloop_utilization')})`, 'busiest'),
          prom(`avg(${of('nodejs_eventloop_utilization')})`, 'mean'),
        ),
        graph(
          {
            title: 'Cost of a request',
            description: 'CPU time of all replicas per request, for sizing.',
            unit: 's',
          },
          prom(`sum(${cpu}) / (sum(${rate('http_request_duration_seconds_count', API)}) > 0)`, 'CPU'),
        ),
      ],
    },
  ],
});
