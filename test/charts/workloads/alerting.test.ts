import { parse as parseYaml } from 'yaml';
import { type Manifest, manifestsOf, parse, template, type Values } from '../support';

/** Alerts reach somebody: they are sent on, an operator can have them, and their runbooks are found by a click. */
const prometheus = async (values: Values): Promise<Manifest[]> =>
  parse(await template({ chart: 'prometheus', values }));

interface Group {
  name: string;
  rules: { alert?: string; annotations?: { runbook_url: string } }[];
}
const alertsIn = (groups: Group[]): [string, string | undefined][] =>
  groups.flatMap(({ rules }) =>
    rules.flatMap(({ alert, annotations }): [string, string | undefined][] =>
      alert === undefined ? [] : [[alert, annotations?.runbook_url]],
    ),
  );
const mapOf = (manifests: Manifest[], name: string): Record<string, string> =>
  manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)?.data ?? {};
const groupsIn = (manifests: Manifest[]): Group[] =>
  Object.values(mapOf(manifests, 'concert-prometheus-rules')).flatMap(
    (text) => (parseYaml(text) as { groups: Group[] }).groups,
  );
const egressPorts = (manifests: Manifest[]): number[] => {
  const policy = manifests.find(({ kind }) => kind === 'NetworkPolicy');
  const egress = policy?.spec?.egress as { ports: { port: number }[]; to?: unknown }[];
  return egress.filter(({ to }) => to === undefined).flatMap(({ ports }) => ports.map(({ port }) => port));
};

it('Prometheus sends alerts to the named Alertmanagers, and the policy lets it', async () => {
  const manifests = await prometheus({ alertmanagers: ['one.monitoring:9093', 'two.monitoring:9094'] });
  const text = mapOf(manifests, 'concert-prometheus')['prometheus.yml'] ?? '';
  expect(parseYaml(text)).toMatchObject({
    alerting: {
      alertmanagers: [{ static_configs: [{ targets: ['one.monitoring:9093', 'two.monitoring:9094'] }] }],
    },
  });
  expect(egressPorts(manifests)).toEqual(expect.arrayContaining([9093, 9094]));
  const without = manifestsOf({ name: 'prometheus' });
  expect(mapOf(without, 'concert-prometheus')['prometheus.yml']).not.toContain('alerting:');
  expect(egressPorts(without)).not.toContain(9093);
});

it('every alert has an absolute address of its runbook when runbookBaseUrl is set', async () => {
  const relative = alertsIn(groupsIn(await prometheus({})));
  expect(relative.length).toBeGreaterThan(20);
  for (const [alert, url] of relative) expect(url).toBe(`docs/runbooks/${alert}.md`);
  const absolute = alertsIn(groupsIn(await prometheus({ runbookBaseUrl: 'https://git.example/runbooks/' })));
  expect(absolute).toEqual(relative.map(([alert]) => [alert, `https://git.example/runbooks/${alert}.md`]));
});

it('kube-state-metrics is scraped for this namespace, and reached', async () => {
  const manifests = await prometheus({ kubeStateMetrics: { target: 'ksm.{{ .Release.Namespace }}:8081' } });
  const config = parseYaml(mapOf(manifests, 'concert-prometheus')['prometheus.yml'] ?? '') as {
    scrape_configs: { job_name: string; static_configs: unknown; metric_relabel_configs?: unknown }[];
  };
  const job = config.scrape_configs.find(({ job_name }) => job_name === 'kube-state-metrics');
  expect(job?.static_configs).toEqual([{ targets: ['ksm.shop:8081'] }]);
  expect(job?.metric_relabel_configs).toContainEqual({
    source_labels: ['namespace'],
    regex: 'shop',
    action: 'keep',
  });
  expect(egressPorts(manifests)).toContain(8081);
});

it('two releases in one namespace are not scraped as one', () => {
  const text = mapOf(manifestsOf({ name: 'concert' }), 'concert-prometheus')['prometheus.yml'];
  expect(text).toContain('app.kubernetes.io/component=api,app.kubernetes.io/instance=concert');
  expect(mapOf(manifestsOf({ name: 'prometheus' }), 'concert-prometheus')['prometheus.yml']).not.toContain(
    '/instance=',
  );
});
