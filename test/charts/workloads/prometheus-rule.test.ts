import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse as parseYaml, stringify } from 'yaml';
import { type Manifest, parse, render, template } from '../support';

/** The rules for a Prometheus operator, whose Prometheus watches more than this installation. */
interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
}
interface Group {
  name: string;
  rules: Rule[];
}
const rulesOf = (groups: Group[]): Rule[] => groups.flatMap(({ rules }) => rules);

let manifests: Manifest[];
let groups: Group[];
beforeAll(async () => {
  const values = {
    server: { enabled: false },
    prometheusRule: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
  };
  manifests = await render({ chart: 'prometheus', values });
  groups = manifests[0]?.spec?.groups as Group[];
});

it('come without a second Prometheus, with the labels by which the operator finds them', () => {
  expect(manifests.map(({ kind }) => kind)).toEqual(['PrometheusRule']);
  expect(manifests[0]?.metadata.labels).toMatchObject({ release: 'kube-prometheus-stack' });
});

it('have groups of different names, since the operator makes one file of them', () => {
  const names = groups.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

it('are those of our own Prometheus', async () => {
  const own = parse(await template({ chart: 'prometheus' })).find(
    ({ metadata }) => metadata.name === 'concert-prometheus-rules',
  );
  const files = Object.values(own?.data ?? {}).flatMap(
    (text) => (parseYaml(text) as { groups: Group[] }).groups,
  );
  const unscoped = (rules: Rule[]): Rule[] =>
    rules.map(({ labels = {}, expr, ...rule }) => {
      const others = Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'namespace'));
      const everywhere = expr.replace(/\{namespace="shop"\}/g, '').replace(/namespace="shop", /g, '');
      return { ...rule, labels: others, expr: everywhere };
    });
  expect(unscoped(rulesOf(groups))).toEqual(unscoped(rulesOf(files)));
});

it('look at the series of this namespace alone, and say it in what they record and alert', () => {
  for (const { expr, labels, alert, record } of rulesOf(groups)) {
    const selectors = [...expr.matchAll(/\{[^}]*\}/g)].map(([selector]) => selector);
    expect(selectors).not.toEqual([]);
    for (const selector of selectors) expect(selector).toMatch(/^\{namespace="shop"[,}]/);
    const recorded = [...expr.matchAll(/concert:[\w:]+(.?)/g)].map(([, next]) => next);
    expect(recorded.filter((next) => next !== '{')).toEqual([]);
    expect({ alert, record, labels }).toMatchObject({ alert, record, labels: { namespace: 'shop' } });
  }
});

it('fire when the API of this namespace is gone or fails, whatever another installation does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'));
  try {
    const staging = JSON.parse(JSON.stringify(groups).replaceAll('shop', 'staging')) as Group[];
    writeFileSync(join(folder, 'shop.yml'), stringify({ groups }));
    writeFileSync(join(folder, 'staging.yml'), stringify({ groups: staging }));
    const requests = (namespace: string, status: string, values: string): object => ({
      series: `http_request_duration_seconds_count{namespace="${namespace}", job="concert-api", route="/v1/api/queue/token", status="${status}"}`,
      values,
    });
    const test = {
      rule_files: ['shop.yml', 'staging.yml'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: [
            { series: 'up{namespace="staging", job="concert-api", instance="s:1"}', values: '1x120' },
            { series: 'up{namespace="shop", job="concert-worker", instance="w:1"}', values: '1x120' },
            requests('staging', '200', '0+100x120'),
            requests('shop', '200', '0+100x120'),
            requests('shop', '500', '0+50x120'),
          ],
          promql_expr_test: [
            {
              expr: 'ALERTS{alertname=~"ApiAbsent|AvailabilityBurnFast", alertstate="firing"}',
              eval_time: '90m',
              exp_samples: [
                {
                  labels:
                    'ALERTS{alertname="ApiAbsent", alertstate="firing", job="concert-api", namespace="shop", severity="page"}',
                  value: 1,
                },
                {
                  labels:
                    'ALERTS{alertname="AvailabilityBurnFast", alertstate="firing", namespace="shop", severity="page", slo="availability"}',
                  value: 1,
                },
              ],
            },
          ],
        },
      ],
    };
    writeFileSync(join(folder, 'test.yml'), stringify(test));
    const args = ['test', 'rules', join(folder, 'test.yml')];
    // When something else fires, the error says what.
    const { stdout } = await promisify(execFile)(process.env.PROMTOOL ?? 'promtool', args);
    expect(stdout).toContain('SUCCESS');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
