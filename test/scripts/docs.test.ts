// The pages name commands, variables, metrics, log messages, panels and each other. What they name exists.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { RIGHTS } from '../../src/database/grants';

const root = join(__dirname, '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const pages = tracked.filter((file) => file.endsWith('.md'));
/** The changelog also names what versions have dropped. */
const current = pages.filter((file) => file !== 'CHANGELOG.md');

const under = (...folders: string[]): string =>
  tracked
    .filter((file) => folders.some((folder) => file.startsWith(folder)) && /\.(ts|js|mjs|lua)$/.test(file))
    .map(read)
    .join('\n');
const unique = <T>(items: Iterable<T>): T[] => [...new Set(items)];
const groups = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, group = '']) => group);

const withoutCode = (text: string): string => text.replace(/```[^]*?```/g, '');

/** As GitHub names the heading of a page. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (page: string): string[] =>
  groups(withoutCode(read(page)), /^#+ (.+)$/gm).map((heading) => anchorOf(heading.trim()));

/** @returns what is wrong with the links of a page */
function brokenLinks(page: string): string[] {
  const links = groups(withoutCode(read(page)), /\]\(([^)\s]+)\)/g);
  return links
    .filter((link) => !/^(https?|mailto):/.test(link))
    .flatMap((link) => {
      const [path = '', anchor = ''] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return [`${page}: ${link} does not exist`];
      const isThere = anchor === '' || !target.endsWith('.md') || anchorsOf(target).includes(anchor);
      return isThere ? [] : [`${page}: ${link} has no such heading`];
    });
}

describe('links', () => {
  it('lead to files and headings that exist', () => {
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  it('lead to every page of docs/ from another page', () => {
    const linked = pages.flatMap((page) =>
      groups(withoutCode(read(page)), /\]\(([^)\s#]+)/g).map((link) => join(dirname(page), link)),
    );
    const orphans = pages.filter((page) => page.startsWith('docs/') && !linked.includes(page));
    // A folder is linked as a whole: its README, or else each page in it.
    expect(orphans.filter((page) => !linked.includes(dirname(page)))).toEqual([]);
  });
});

describe('the reference of metrics', () => {
  const files = tracked.filter((file) => file.startsWith('src/') && /metrics\.ts$/.test(file));
  const registered = unique(files.flatMap((file) => groups(read(file), /'((?:concert|http)_[a-z0-9_]+)'/g)));
  const documented = unique(groups(read('docs/operations/metrics.md'), /`((?:concert|http)_[a-z0-9_]+)`/g));

  it('has each metric that the product registers', () => {
    expect(registered.length).toBeGreaterThan(70);
    expect(registered.filter((name) => !documented.includes(name))).toEqual([]);
  });

  it('has no metric that the product does not know', () => {
    const sources = under('src/');
    expect(documented.filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
  });
});

/** The arguments of each call of a logger at a level, by counting parentheses. */
function loggedAt(level: string, source: string): string[] {
  return [...source.matchAll(new RegExp(`\\blog(?:ger)?\\.${level}\\(`, 'gi'))].map(({ index, 0: head }) => {
    const from = index + head.length;
    let depth = 1;
    let to = from;
    while (depth > 0 && to < source.length) {
      if (source[to] === '(') depth++;
      if (source[to] === ')') depth--;
      to++;
    }
    return source.slice(from, to - 1);
  });
}

describe('the reference of log messages', () => {
  const page = read('docs/operations/logs.md');
  const sources = under('src/');

  it.each(['warn', 'error'])('has each message at %s', (level) => {
    const messages = loggedAt(level, sources)
      .flatMap((call) => groups(call, /'([^'\n]+)'/g))
      .filter((text) => text.includes(' '));
    expect(messages.length).toBeGreaterThan(10);
    expect(unique(messages).filter((message) => !page.includes(`\`${message}`))).toEqual([]);
  });

  it('has no message that the product does not write', () => {
    const cells = groups(page, /^\| (`[^|]+) \|/gm).flatMap((cell) => groups(cell, /`([^`]+)`/g));
    // `…` and `<VARIABLE>` stand for what varies.
    const texts = cells.flatMap((cell) => cell.split(/…|<[A-Z]+>/)).map((text) => text.trim());
    const known = texts.filter((text) => text.length > 3 && !/^is not known/.test(text));
    expect(cells.length).toBeGreaterThan(50);
    expect(known.filter((text) => !sources.includes(text.replace(/:$/, '')))).toEqual([]);
  });
});

describe('commands that pages name', () => {
  const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
  const sources = under('scripts/', 'lab/', 'k6/', 'src/cli/');
  const scenarios = `${readdirSync(join(root, 'k6')).join(' ')} ${read('k6/runner/options.ts')}`;
  const named = current.flatMap((page) =>
    [...read(page).matchAll(/npm run (?:-s |--silent )?([a-z][a-z:]*)(?: -- ([^`\n#]*))?/g)].map(
      ([, name = '', rest = '']) => ({ page, name, rest }),
    ),
  );

  it('are scripts of package.json', () => {
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter(({ name }) => !(name in scripts))).toEqual([]);
  });

  it('have the subcommands that are named', () => {
    const unknown = named.filter(({ name, rest }) => {
      const [subcommand = ''] = rest.split(/[ \\|]/);
      if (!/^[a-z][a-z-]+$/.test(subcommand) || name === 'test') return false;
      const own = `${read(`scripts/${name.replace(':', '-')}.js`)} ${name === 'load' ? scenarios : ''}`;
      return !new RegExp(`\\b${subcommand}\\b`).test(own);
    });
    expect(unknown).toEqual([]);
  });

  it('have the options that are named', () => {
    // `lab -- fuzz` hands its options to schemathesis.
    const own = named.filter(({ name, rest }) => !(name === 'lab' && rest.startsWith('fuzz')));
    const unknown = own.flatMap(({ page, name, rest }) =>
      groups(rest, /(?:^|[ [])--([a-z][a-z0-9-]+)/g)
        .filter((option) => !new RegExp(`--${option}\\b|['"]?\\b${option}\\b['"]?:`).test(sources))
        .map((option) => `${page}: npm run ${name} --${option}`),
    );
    expect(unknown).toEqual([]);
  });
});

it('the page of objectives has each alert with its severity', () => {
  const rules = read('charts/prometheus/rules/alerts.yml');
  const page = read('docs/operations/objectives.md');
  const alerts = [...rules.matchAll(/- alert: (\w+)\n[^]*?severity: (\w+)/g)].map(
    ([, name = '', severity = '']) => ({ name, severity }),
  );
  const rowOf = (name: string): string => page.split('\n').find((row) => row.startsWith(`| [${name}]`)) ?? '';
  expect(alerts.length).toBeGreaterThan(25);
  expect(alerts.filter(({ name, severity }) => !rowOf(name).endsWith(`| ${severity} |`))).toEqual([]);
});

it('the architecture names each table that the application has rights on', () => {
  const [, tables = ''] = /## Tables\n([^]*?)\n## /.exec(read('docs/architecture.md')) ?? [];
  expect(Object.keys(RIGHTS).filter((table) => !tables.includes(`\`${table}\``))).toEqual([]);
});

describe('names of Kubernetes that pages use', () => {
  it('are objects of a release "concert"', () => {
    const objects = groups(read('test/charts/golden/concert.yaml'), /^ {2}name: (concert-[a-z0-9-]+)$/gm);
    const named = unique(
      current.flatMap((page) =>
        groups(read(page), /\b(?:deploy(?:ment)?|service|hpa|get secret)[/ ](concert-[a-z0-9-]+)/g),
      ),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !objects.includes(name))).toEqual([]);
  });

  it('are values of charts/concert-api', () => {
    type Values = Record<string, unknown>;
    const values = parse(read('charts/concert-api/values.yaml')) as Values;
    const named = unique(
      current.flatMap((page) =>
        groups(read(page), /\bconcert-api\.([a-z][A-Za-z0-9]*(?:\.[A-Za-z0-9_]+)*)/g),
      ),
    );
    const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null;
    /** Below an empty object, as `config`, any name may stand. */
    const isValue = ([first, ...rest]: string[], within: unknown): boolean => {
      if (first === undefined) return true;
      if (!isObject(within)) return false;
      return Object.keys(within).length === 0 || (first in within && isValue(rest, within[first]));
    };
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !isValue(name.split('.'), values))).toEqual([]);
  });
});

describe('names that pages use', () => {
  /** Of names that only our variables have, so that states and settings of other programs may be named. */
  const OURS =
    /\b(?:DATABASE|REDIS|KAFKA|TOKEN|QUEUE|HOLD|HTTP|EVENT|WEBHOOK|NOTIFIER|SHUTDOWN|TRACES|TRANSPARENCY|MANAGEMENT|LOAD_SHEDDING)_[A-Z0-9_]*[A-Z0-9]\b/g;

  it('are variables that some source has', () => {
    const manifests = tracked.filter((file) => /\.ya?ml$/.test(file)).map(read);
    const sources = [under('src/', 'scripts/', 'test/', 'lab/', 'k6/'), ...manifests].join('\n');
    const names = unique(current.flatMap((page) => [...read(page).matchAll(OURS)].map(([name]) => name)));
    expect(names.length).toBeGreaterThan(60);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([]);
  });

  it('are panels, rows and dashboards of charts/grafana, where a runbook has them in italics', () => {
    const titles = readdirSync(join(root, 'charts/grafana/dashboards')).flatMap((file) =>
      groups(read(`charts/grafana/dashboards/${file}`), /"title": "([^"]+)"/g),
    );
    const known = [...titles, 'Targets']; // a page of Prometheus
    const unknown = current
      .filter((page) => page.startsWith('docs/runbooks/'))
      .flatMap((page) =>
        groups(read(page).replace(/`[^`\n]*`/g, ''), /(?<![*\\])\*([^*\n]+)\*(?!\*)/g).map((title) => ({
          page,
          title,
        })),
      )
      .filter(({ title }) => !known.some((each) => each === title || each.startsWith(`${title}:`)));
    expect(unknown).toEqual([]);
  });
});
