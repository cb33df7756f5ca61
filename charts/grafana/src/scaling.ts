import { TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './lib/dashboard.ts';
import { graph, number } from './lib/panels.ts';
import { events, of, prom, quantile, rate, variables } from './lib/prometheus.ts';
import { API } from './service/routes.ts';

const HPA = 'horizontalpodautoscaler=~".*concert.*"';
/** Without Kubernetes the desired replicas are the existing ones. */
const desired = `max(kube_horizontalpodautoscaler_status_desired_replicas{${HPA}}) or count(up{job=~"$job"})`;
const allowed = `max(kube_horizontalpodautoscaler_spec_max_replicas{${HPA}}) or count(up{job=~"$job"})`;
const ready = 'sum(up{job=~"$job"})';
const cpu = rate('process_cpu_seconds_total');

export const scaling = dashboard({
  uid: 'concert-scaling',
  title: 'Scaling',
  description:
    'For experiments with the number and size of replicas: desired and ready replicas, and the effect on users.',
  source: 'prometheus',
  variables: [
    ...variables(),
    new TextBoxVariableBuilder('cpu_request')
      .label('CPU request')
      .description('Cores that a replica requests (resources.requests.cpu)')
      .defaultValue('1')
      .current({ text: '1', value: '1' }),
  ],
  annotations: events(),
  rows: [
    {
      title: 'Replicas',
      panels: [
        number(
          {
            title: 'Desired',
            description: 'Replicas desired by the HPA; without one, those that Prometheus knows.',
            unit: 'short',
            width: 3,
          },
          prom(desired),
        ),
        number(
          { title: 'Ready', description: 'Replicas that answer Prometheus.', unit: 'short', width: 3 },
          prom(ready),
        ),
        number(
          {
            title: 'CPU of request',
            description: 'Mean over all replicas. The HPA adds replicas above its target.',
            unit: 'percentunit',
            width: 6,
          },
          prom(`avg(${cpu}) / $cpu_request`),
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
              'Desired, allowed (both by the HPA; without one, those that Prometheus knows) and ready replicas. The gap is the time to start.',
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
          },
          prom(`${cpu} / $cpu_request`, '{{instance}}'),
          prom(`avg(${cpu}) / $cpu_request`, 'mean'),
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
