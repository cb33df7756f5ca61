import { TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './lib/dashboard.ts';
import { graph, number } from './lib/panels.ts';
import { events, of, prom, quantile, rate, variables } from './lib/prometheus.ts';
import { API } from './service/routes.ts';

const HPA = 'horizontalpodautoscaler=~".*concert.*"';
/** Without Kubernetes nobody desires anything but what is there. */
const desired = `max(kube_horizontalpodautoscaler_status_desired_replicas{${HPA}}) or count(up{job=~"$job"})`;
const most = `max(kube_horizontalpodautoscaler_spec_max_replicas{${HPA}}) or count(up{job=~"$job"})`;
const ready = 'sum(up{job=~"$job"})';
const cpu = rate('process_cpu_seconds_total');

export const scaling = dashboard({
  uid: 'concert-scaling',
  title: 'Scaling',
  description:
    'For experiments with the number and size of replicas: what was asked, what was there, what it did to buyers.',
  source: 'prometheus',
  variables: [
    ...variables(),
    new TextBoxVariableBuilder('cpu_request')
      .label('CPU request')
      .description('Cores that a replica asks for (resources.requests.cpu)')
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
            description: 'By the HPA; without one, as many as Prometheus knows.',
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
            description: 'Mean over replicas; the HPA adds some above its target.',
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
          { title: 'Waiting', description: 'People in line who are present.', unit: 'short', width: 6 },
          prom(`sum(max by (queue) (${of('concert_queue_waiting')}))`),
        ),
        graph(
          {
            title: 'Replicas',
            description:
              'Desired, most allowed (HPA; without one: as many as Prometheus knows) and ready. The gap is the time to start.',
            unit: 'short',
            width: 12,
          },
          prom(desired, 'desired'),
          prom(most, 'most'),
          prom(ready, 'ready'),
        ),
        graph(
          {
            title: 'CPU against request',
            description:
              'By replica. Above 100 % it lives on what the node has left; the HPA follows the mean.',
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
      title: 'What buyers had of it',
      panels: [
        graph(
          {
            title: 'Requests by replica',
            description: 'Uneven: the balancer keeps old connections on old replicas.',
            unit: 'reqps',
            stacked: true,
          },
          prom(`sum by (instance) (${rate('http_request_duration_seconds_count', API)})`, '{{instance}}'),
        ),
        graph(
          {
            title: 'p99 by replica',
            description: 'And over all. A new one is slow while it warms up.',
            unit: 's',
            bad: 0.2,
          },
          prom(quantile(0.99, 'http_request_duration_seconds', 'instance', API), '{{instance}}'),
          prom(quantile(0.99, 'http_request_duration_seconds', '', API), 'all'),
        ),
        graph(
          {
            title: 'Turned away',
            description: 'Answered 503 at once, by replica: too few of them, for now.',
            unit: 'reqps',
          },
          prom(`sum by (instance) (${rate('http_requests_shed_total')})`, '{{instance}}'),
        ),
        graph(
          {
            title: 'Waiting and inside',
            description: 'The waiting room keeps the load steady: a crowd shows here, not in CPU.',
            unit: 'short',
          },
          prom(`sum(max by (queue) (${of('concert_queue_waiting')}))`, 'waiting'),
          prom(`sum(max by (queue) (${of('concert_queue_active')}))`, 'inside'),
        ),
        graph(
          {
            title: 'Event loop in use',
            description: 'The fullest replica: what CPU shares of several cores hide.',
            unit: 'percentunit',
            max: 1,
            bad: 0.9,
          },
          prom(`max(${of('nodejs_eventloop_utilization')})`, 'fullest'),
          prom(`avg(${of('nodejs_eventloop_utilization')})`, 'mean'),
        ),
        graph(
          {
            title: 'Cost of a request',
            description: 'CPU time of all replicas a request: the number to size by.',
            unit: 's',
          },
          prom(`sum(${cpu}) / (sum(${rate('http_request_duration_seconds_count', API)}) > 0)`, 'CPU'),
        ),
      ],
    },
  ],
});
