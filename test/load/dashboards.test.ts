import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const grafana = join(__dirname, '../../charts/grafana');

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr?: string; query?: string; datasource: { uid: string } }[];
  fieldConfig: { defaults: { unit?: string } };
}
interface Dashboard {
  uid: string;
  title: string;
  tags: string[];
  refresh: string;
  schemaVersion: number;
  links: { tags: string[] }[];
  panels: Panel[];
  templating: { list: { name: string }[] };
  annotations: { list: { name: string; expr: string }[] };
}

const files = readdirSync(join(grafana, 'dashboards'));
const dashboards = files.map(
  (file) => JSON.parse(readFileSync(join(grafana, 'dashboards', file), 'utf8')) as Dashboard,
);
const panelsOf = (it: Dashboard): Panel[] => it.panels.filter(({ type }) => type !== 'row');
const queriesOf = (panel: Panel): string[] =>
  (panel.targets ?? []).map(({ expr, query }) => expr ?? query ?? '');

/** Those of Grafana's own that the queries use. */
const BUILT_IN = ['timeFilter', 'tag', '__interval', '__interval_ms', '__rate_interval', '__range'];

it('are what the program makes', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(grafana, 'src/main.ts'), '--check'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});

it('are the four of the study, found and linked by tag', () => {
  expect(dashboards.map(({ title }) => title).sort()).toEqual([
    'Concert: runtime',
    'Concert: service',
    'Scaling',
    'k6',
  ]);
  for (const [i, it] of dashboards.entries()) {
    expect(`${it.uid}.json`).toBe(files[i]);
    expect(it.tags).toContain('concert');
    expect(it.links.flatMap(({ tags }) => tags)).toContain('concert');
    expect([it.refresh, it.schemaVersion >= 39]).toEqual(['5s', true]);
  }
});

describe.each(dashboards.map((it) => [it.title, it] as const))('%s', (_title, dashboard) => {
  it('says of each panel what it shows, in which unit and by which query', () => {
    const wanting = panelsOf(dashboard).filter(
      (panel) =>
        panel.title === '' ||
        (panel.description ?? '').length < 10 ||
        (panel.fieldConfig.defaults.unit ?? '') === '' ||
        queriesOf(panel).length === 0 ||
        queriesOf(panel).includes(''),
    );
    expect(wanting.map(({ title }) => title)).toEqual([]);
  });

  it('has current panel types and every id and query letter once', () => {
    const types = ['timeseries', 'stat', 'table', 'heatmap', 'state-timeline'];
    expect(panelsOf(dashboard).filter(({ type }) => !types.includes(type))).toEqual([]);
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { targets = [] } of panelsOf(dashboard))
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  });

  it('lays panels beside each other, never over each other', () => {
    const cells = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, x, cells.get(`${x},${y}`)]).toEqual([title, x, undefined]);
          expect(x).toBeLessThan(24);
          cells.set(`${x},${y}`, title);
        }
  });

  it('uses no variable that it does not have', () => {
    const known = new Set([...dashboard.templating.list.map(({ name }) => name), ...BUILT_IN]);
    const texts = [
      ...panelsOf(dashboard).flatMap(queriesOf),
      ...dashboard.annotations.list.map(({ expr }) => expr),
      ...panelsOf(dashboard).flatMap(({ targets = [] }) => targets.map(({ datasource }) => datasource.uid)),
    ];
    const used = texts.flatMap((text) => [...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name ?? ''));
    expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([]);
    expect(used).toContain('datasource');
  });
});
