import { readFileSync } from 'node:fs';
import { chartOf, manifestsOf, podsOf, render, type Manifest, type Pod } from '../support';

/**
 * The arrows of the system as the policies of all charts together allow them: both ends must agree.
 * Ports are those of pods; calls to the DNS and to addresses outside are checked separately.
 */
const ARROWS = [
  'api → mariadb:3306',
  'api → otel-collector:4318',
  'api → redis:6379',
  'backup → mariadb:3306',
  'grafana → influxdb:8086',
  'grafana → prometheus:9090',
  'k6 → api:8080',
  'k6 → influxdb:8086',
  'kafka → kafka:9092',
  'kafka-ui → kafka:9092',
  'migrate → mariadb:3306',
  'prometheus → api:9090',
  'prometheus → kube-state-metrics:8080',
  'prometheus → web:9090',
  'prometheus → worker:9090',
  'restore → mariadb:3306',
  'seed → mariadb:3306',
  'test → api:8080',
  'web → otel-collector:4318',
  'web → redis:6379',
  'worker → kafka:9092',
  'worker → mariadb:3306',
  'worker → otel-collector:4318',
  'worker → redis:6379',
];
const CALL_OUT = ['kube-state-metrics', 'otel-collector', 'prometheus'];

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values: string[] }[];
}
interface Rule {
  ports: { port: number; protocol: string }[];
  from?: { podSelector?: Selector; namespaceSelector?: Selector }[];
  to?: { podSelector?: Selector; namespaceSelector?: Selector }[];
}
interface Policy {
  podSelector: Selector;
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

const COMPONENT = 'app.kubernetes.io/component';
const componentOf = ({ labels }: Pod): string => labels[COMPONENT] ?? '';

const matches = (pod: Pod, { matchLabels = {}, matchExpressions = [] }: Selector): boolean =>
  Object.entries(matchLabels).every(([key, value]) => pod.labels[key] === value) &&
  matchExpressions.every(({ key, values }) => values.includes(pod.labels[key] ?? ''));

const policiesOf = (manifests: Manifest[]): Policy[] =>
  manifests.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec as unknown as Policy);

let pods: Pod[];
let policies: Policy[];

beforeAll(async () => {
  // Two releases, as on a cluster: who runs k6 has the rest already.
  const values = {
    'concert-api': {
      web: { enabled: true },
      traces: { collectorInRelease: true },
      backup: { enabled: true },
    },
    prometheus: { kubeStateMetrics: { enabled: true } },
    'otel-collector': { enabled: true, endpoint: 'http://tempo.monitoring:4318' },
  };
  const manifests = [...(await render({ chart: 'concert', values })), ...manifestsOf({ name: 'k6' })];
  pods = podsOf(manifests);
  policies = policiesOf(manifests);
});

const of = (pod: Pod): Policy[] => policies.filter(({ podSelector }) => matches(pod, podSelector));

const reaches = (caller: Pod, callee: Pod, port: number): boolean => {
  const isFor = (rule: Rule, peer: Pod, key: 'from' | 'to'): boolean =>
    rule.ports.some((it) => it.port === port) &&
    (rule[key]?.some((it) => !it.namespaceSelector && matches(peer, it.podSelector ?? {})) ?? true);
  return (
    of(caller).some(({ egress = [] }) => egress.some((rule) => rule.to && isFor(rule, callee, 'to'))) &&
    of(callee).some(({ ingress = [] }) => ingress.some((rule) => isFor(rule, caller, 'from')))
  );
};

it('denies every pod all connections that are not allowed', () => {
  expect(pods.length).toBeGreaterThan(6);
  for (const pod of pods) {
    const types = of(pod).map(({ policyTypes }) => policyTypes.join());
    expect({ pod: pod.owner, types: new Set(types) }).toEqual({
      pod: pod.owner,
      types: new Set(['Ingress,Egress']),
    });
  }
});

it('allows exactly the arrows of the system', () => {
  const ports = [...new Set(policies.flatMap(({ ingress = [] }) => ingress.flatMap((it) => it.ports)))];
  const arrows = pods.flatMap((caller) =>
    pods.flatMap((callee) =>
      [...new Set(ports.map(({ port }) => port))]
        .filter((port) => reaches(caller, callee, port))
        .map((port) => `${componentOf(caller)} → ${componentOf(callee)}:${port}`),
    ),
  );
  // Some components have several pods.
  expect([...new Set(arrows)].sort()).toEqual(ARROWS);
});

it('lets only the pods that need it call addresses outside, and none be called from there', () => {
  const outside = pods.filter((pod) => of(pod).some(({ egress = [] }) => egress.some(({ to }) => !to)));
  expect(outside.map(componentOf).sort()).toEqual(CALL_OUT);
  expect(policies.filter(({ ingress = [] }) => ingress.some(({ from }) => !from))).toEqual([]);
});

it('opens the DNS to pods that may call another, and to no other pod', () => {
  for (const pod of pods) {
    const rules = of(pod).flatMap(({ egress = [] }) => egress);
    const asks = rules.some(
      ({ ports, to }) => to?.[0]?.namespaceSelector && ports.some(({ port }) => port === 53),
    );
    expect({ pod: pod.owner, asks }).toEqual({ pod: pod.owner, asks: rules.length > 0 });
  }
});

it('is what the README of charts/common says', () => {
  const rows = [
    ...readFileSync(`${chartOf('common')}/README.md`, 'utf8').matchAll(/^\| (`.+) \| (.*) \|$/gm),
  ];
  const namesIn = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
  const known = rows.flatMap(([, row]) => namesIn(row?.split(' | ')[0]));
  expect(known.sort()).toEqual([...new Set(pods.map(componentOf))].sort());
  for (const [, row = '', from] of rows)
    for (const component of namesIn(row.split(' | ')[0])) {
      const said = new Set(namesIn(from).filter((name) => known.includes(name)));
      const rules = pods.filter((pod) => componentOf(pod) === component).flatMap(of);
      const peers = rules.flatMap(({ ingress = [] }) => ingress.flatMap((rule) => rule.from ?? []));
      const admitted = peers.flatMap((peer) => peer.podSelector?.matchExpressions ?? []);
      expect({ component, from: new Set(admitted.flatMap(({ values }) => values)) }).toEqual({
        component,
        from: said,
      });
    }
});
