import { type Manifest, podsOf, render, type Values } from '../support';

describe('the data sources of Grafana', () => {
  const sources = async (values: Values): Promise<Manifest | undefined> =>
    (await render({ chart: 'grafana', values })).find(({ metadata }) =>
      metadata.name.endsWith('-datasources'),
    );

  it("are not offered to another Grafana's sidecar, which would have two defaults", async () => {
    const own = await sources({});
    expect(own?.metadata.labels).not.toHaveProperty('grafana_datasource');
    expect(own?.data?.['datasources.yaml']).toContain('isDefault: true');
  });

  it('are offered when that is wanted, and none is the default', async () => {
    const offered = await sources({ sidecar: { datasources: true } });
    expect(offered?.metadata.labels).toMatchObject({ grafana_datasource: '1' });
    expect(offered?.data?.['datasources.yaml']).not.toContain('isDefault: true');
  });
});

it('gives a Grafana that is there already the dashboards, and brings no second one', async () => {
  const values = { server: { enabled: false }, sidecar: { annotations: { grafana_folder: 'Concert' } } };
  const manifests = await render({ chart: 'grafana', values });
  expect(podsOf(manifests)).toEqual([]);
  expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual(
    ['runtime', 'scaling', 'service']
      .map((name) => `ConfigMap concert-grafana-concert-${name}`)
      .concat('ConfigMap concert-grafana-k6'),
  );
  for (const { metadata } of manifests)
    expect(metadata).toMatchObject({
      labels: { grafana_dashboard: '1' },
      annotations: { grafana_folder: 'Concert' },
    });
  const sources = await render({ chart: 'grafana', values: { ...values, sidecar: { datasources: true } } });
  expect(sources.map(({ metadata }) => metadata.name)).toContain('concert-grafana-datasources');
});
