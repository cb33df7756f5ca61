/** Each driver has one home; whoever else needs it asks there. */
const HOMES = {
  kafkajs: 'kafka/',
  ioredis: 'redis/redis\\.ts$',
  '(sequelize|mariadb)': 'database/(database|errors)\\.ts$',
  opossum: 'circuit-breaker/breaker\\.ts$',
  'prom-client': '',
};

/** The one direction of calls: routes → service → repository | store → platform. */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['^src/cli/', '^src/main.ts$', '\\.d\\.ts$', '^src/database/'] },
      to: {},
    },
    {
      name: 'only-http-knows-express',
      comment: 'Routes and http/ speak Express; services never do.',
      severity: 'error',
      from: { pathNot: ['^src/http/', '^src/app.ts$', '^src/server.ts$', 'routes\\.ts$'] },
      to: { path: '^node_modules/(express|helmet)/', dependencyTypesNot: ['type-only'] },
    },
    ...Object.entries(HOMES).map(([driver, home]) => ({
      name: `one-home-of-${driver}`,
      severity: 'error',
      from: { pathNot: `^src/platform/${home}` },
      to: { path: `^node_modules/${driver}/` },
    })),
    {
      name: 'only-stores-know-redis',
      comment: 'The watch over the invariants makes its store itself.',
      severity: 'error',
      from: { path: '^src/modules/', pathNot: '(store|invariants/monitor)\\.ts$' },
      to: { path: '^src/platform/redis', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'routes-call-services-only',
      severity: 'error',
      from: { path: 'routes\\.ts$' },
      to: { path: '(repository|store)\\.ts$|^src/platform/(database|redis|kafka)' },
    },
    {
      name: 'services-know-no-routes',
      severity: 'error',
      from: { path: 'service\\.ts$' },
      to: { path: 'routes\\.ts$|^src/http/' },
    },
    {
      name: 'repositories-call-platform-only',
      severity: 'error',
      from: { path: '(repository|store)\\.ts$' },
      to: { path: '(service|routes)\\.ts$|^src/http/' },
    },
    {
      name: 'platform-knows-no-modules',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/(modules|http|app|main)' },
    },
    {
      name: 'not-to-dev-dep',
      severity: 'error',
      from: { path: '^src' },
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
