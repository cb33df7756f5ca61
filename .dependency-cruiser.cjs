const { readdirSync } = require('node:fs');

const FILES = readdirSync('src', { recursive: true }).map((file) => `src/${file}`);

/** A pattern of our own files. @throws when it matches none: a rule about files that do not exist proves nothing */
function ours(pattern) {
  if (!FILES.some((file) => new RegExp(pattern).test(file)))
    throw new Error(`${pattern} matches no file of src/`);
  return pattern;
}

/** Each driver has one home in src/platform; other code goes through it. */
const HOMES = {
  kafkajs: 'kafka/',
  ioredis: 'redis/(redis|lost-replies)\\.ts$',
  mariadb: 'database/(connection/(bulk|connector|pool|prepared)|database|transaction|errors)\\.ts$',
  opossum: 'circuit-breaker/breaker\\.ts$',
  'prom-client': 'observability/',
  '@opentelemetry': 'observability/traces/(sdk|export)\\.ts$',
};

/** The one direction of calls: routes → service → repository | store → platform. */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle of types is one too: neither file can be read without the other.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['^src/cli/', '^src/main\\.ts$', '\\.d\\.ts$'].map(ours),
      },
      to: {},
    },
    {
      name: 'only-http-knows-express',
      comment: 'Routes and http/ speak Express; services never do.',
      severity: 'error',
      from: { pathNot: ['^src/http/', '^src/app\\.ts$', '(routes|middleware)\\.ts$'].map(ours) },
      to: { path: '^node_modules/(express|helmet)/', dependencyTypesNot: ['type-only'] },
    },
    ...Object.entries(HOMES).map(([driver, home]) => ({
      name: `one-home-of-${driver}`,
      severity: 'error',
      from: { pathNot: ours(`^src/platform/${home}`) },
      to: { path: `^node_modules/${driver}/` },
    })),
    {
      name: 'one-home-of-sequelize',
      comment: 'The pool, the models of each module, and the repositories that ask by them.',
      severity: 'error',
      from: { pathNot: ['^src/platform/database/', '(models/[^/]+|repository)\\.ts$'].map(ours) },
      to: { path: '^node_modules/sequelize/' },
    },
    {
      name: 'only-stores-know-redis',
      severity: 'error',
      from: { path: ours('^src/modules/'), pathNot: ours('(store|scripts|entry-batches)\\.ts$') },
      to: { path: ours('^src/platform/redis'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'routes-call-services-only',
      severity: 'error',
      from: { path: ours('routes\\.ts$') },
      to: {
        path: ['(repository|store)\\.ts$', '^src/platform/(database|redis|kafka)'].map(ours),
      },
    },
    {
      name: 'services-know-no-routes',
      severity: 'error',
      from: { path: ours('^src/modules/.*service\\.ts$') },
      to: { path: ['routes\\.ts$', '^src/http/'].map(ours) },
    },
    {
      name: 'repositories-call-platform-only',
      severity: 'error',
      from: { path: ours('(repository|store)\\.ts$') },
      to: { path: ['service\\.ts$', 'routes\\.ts$', '^src/http/'].map(ours) },
    },
    {
      name: 'platform-knows-no-modules',
      severity: 'error',
      from: { path: ['^src/platform/', '^src/common/'].map(ours) },
      to: {
        path: ['^src/(modules|http|startup|cli)/', '^src/(app|main|service|container|workers)\\.ts$'].map(
          ours,
        ),
      },
    },
    {
      name: 'http-knows-no-modules',
      comment: 'What needs a module is a middleware of that module.',
      severity: 'error',
      from: { path: ours('^src/http/') },
      to: {
        path: ['^src/(modules|startup|cli)/', '^src/(app|main|service|container|workers)\\.ts$'].map(ours),
      },
    },
    {
      name: 'not-to-dev-dep',
      severity: 'error',
      from: { path: ours('^src/') },
      to: { dependencyTypes: ['npm-dev'] },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
