// npm run db -- migrate|seed|operator|verify|backup|restore …: the tools of dist/cli on the services that run here, or on those of the variables.
const { backup, restore } = require('./db/backup');
const { usageOf } = require('./lib/arguments/arguments');
const { runCommand } = require('./lib/arguments/subcommands');
const { runTool } = require('./lib/tool');

runCommand('db', {
  migrate: {
    about: 'applies migrations and grants the application its rights; also down and status',
    usage: () => usageOf('src/cli/migrate.ts'),
    run: (args) => runTool('migrate', args, { needs: ['mariadb'] }),
  },
  seed: {
    about: 'adds users and concerts',
    usage: () => usageOf('src/cli/seed/options.ts'),
    run: (args) => runTool('seed', args, { needs: ['mariadb'] }),
  },
  operator: {
    about: 'adds, lists and revokes those who may use the management port',
    usage: () => usageOf('src/cli/operator.ts'),
    run: (args) => runTool('operator', args, { needs: ['mariadb'] }),
  },
  webhook: {
    about: 'adds, lists and removes webhooks, changes their secrets, sends again',
    usage: () => usageOf('src/cli/webhook.ts'),
    run: (args) => runTool('webhook', args, { needs: ['mariadb'] }),
  },
  verify: {
    about: 'checks all invariants on the live database, Redis and Kafka',
    usage: () => usageOf('src/cli/verify.ts'),
    run: (args) => runTool('verify', args, { needs: ['mariadb', 'redis'], uses: ['kafka'] }),
  },
  backup,
  restore,
});
