import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { configTable } from '../../../src/config/config';
import { type Container, manifestsOf, podsOf, root } from '../support';

/** compose.yaml is the study's environment, with the images, options and sizes of the charts. */
interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  configs?: { source: string }[];
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: unknown;
  deploy?: { resources: Record<'limits' | 'reservations', { cpus: string; memory: string }> };
}
const compose = parseYaml(readFileSync(join(root, 'compose.yaml'), 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { content: string }>;
};
const service = (name: string): Service => compose.services[name] ?? { image: 'there is none' };
const STORES = ['mariadb', 'redis', 'kafka', 'kafka-ui', 'influxdb', 'prometheus', 'grafana', 'k6'];

function containerOf(name: string): Container {
  const [container] = podsOf(manifestsOf({ name }))[0]?.spec.containers ?? [];
  if (container === undefined) throw new Error(`${name} has no container`);
  return container;
}
const valuesIn = (env: Container['env'] = []): Record<string, string> =>
  Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));

it.each(STORES)('%s has the image of the chart', (chart) => {
  expect(service(chart).image).toBe(containerOf(chart).image);
});

it('MariaDB and Redis have the options of the charts', () => {
  expect(service('mariadb').command).toEqual(containerOf('mariadb').args);
  const { args = [] } = containerOf('redis');
  expect(service('redis').command).toEqual(args.slice(args.indexOf('--appendonly')));
});

it('Kafka has the properties of the chart, under its own name', () => {
  const charted = valuesIn(containerOf('kafka').env);
  expect(service('kafka').environment).toEqual({
    ...charted,
    CLUSTER_ID: expect.stringMatching(/^[\w-]{22}$/) as string,
    KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://kafka:9092',
  });
});

it("the API has the study's room, and the processes of the preset that fills it", () => {
  expect(service('api').deploy?.resources).toEqual({
    limits: { cpus: '6', memory: '8G' },
    reservations: { cpus: '2', memory: '4G' },
  });
  const charted = valuesIn(containerOf('concert-api-fat').env);
  const own = service('api').environment ?? {};
  for (const name of ['ROLE', 'WORKERS', 'DATABASE_POOL_MAX', 'NODE_OPTIONS'])
    expect([name, own[name]]).toEqual([name, charted[name]]);
});

it('sets only variables that the product has', () => {
  const known = [...configTable().matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, name]) => name);
  for (const name of ['api', 'migrate', 'seed'])
    expect([...known, 'NODE_OPTIONS']).toEqual(
      expect.arrayContaining(Object.keys(service(name).environment ?? {})),
    );
});

it('mounts what is there, and opens ports to this machine alone', () => {
  for (const { volumes = [], configs = [], ports = [] } of Object.values(compose.services)) {
    for (const volume of volumes) {
      const [from = ''] = volume.split(':');
      if (from.startsWith('./')) expect([from, existsSync(join(root, from))]).toEqual([from, true]);
      else expect(Object.keys(compose.volumes)).toContain(from);
    }
    for (const { source } of configs) expect(Object.keys(compose.configs)).toContain(source);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  }
});

it('waits for services that exist, and whose health is known where it waits for that', () => {
  for (const { depends_on: others = {} } of Object.values(compose.services))
    for (const [name, { condition }] of Object.entries(others)) {
      expect(Object.keys(compose.services)).toContain(name);
      if (condition === 'service_healthy') expect(service(name).healthcheck).toBeDefined();
    }
});

it('starts the tools of the image', () => {
  for (const name of ['migrate', 'seed']) {
    const [script = ''] = service(name).command ?? [];
    expect(existsSync(join(root, script.replace(/^dist\/(.*)\.js$/, 'src/$1.ts')))).toBe(true);
  }
});

it('has configurations that are YAML or SQL, and the data sources of the dashboards', () => {
  for (const [name, { content }] of Object.entries(compose.configs))
    if (name !== 'accounts') expect(typeof parseYaml(content)).toBe('object');
  const { datasources } = parseYaml(compose.configs.datasources?.content ?? '') as {
    datasources: { uid: string }[];
  };
  expect(datasources.map(({ uid }) => uid)).toEqual(['prometheus', 'influxdb']);
});
