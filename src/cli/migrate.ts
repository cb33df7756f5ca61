import { Migrator, UnknownMigration } from '../database/migrate';
import {
  patienceMsOf,
  print,
  readArguments,
  runTool,
  toolConfig,
  unknownCommand,
  UsageError,
  WAIT,
} from './support/tool';

const USAGE = `Usage: npm run db -- migrate [up|down|status] [--to NAME] [--wait SECONDS]
       (in the image: node dist/cli/migrate.js)
  up      applies what is missing (default), up to and including NAME, and grants the application its rights
  down    undoes the last migration, or all down to and including NAME (--to 0: all). Their data is deleted
  status  lists the migrations
  --wait  for a MariaDB that is just starting (default 0: a server that refuses connections is named at once)`;

const COMMANDS = ['up', 'down', 'status'];

runTool(USAGE, async () => {
  const { positionals, values } = readArguments({
    allowPositionals: true,
    options: { to: { type: 'string' }, ...WAIT },
  });
  const [command = 'up', ...more] = positionals;
  if (more.length > 0) throw new UsageError(`Only one command at a time, not "${positionals.join(' ')}".`);

  if (!COMMANDS.includes(command)) throw unknownCommand(command, COMMANDS);
  if (command === 'status' && values.to !== undefined) throw new UsageError('status takes no --to.');

  const patienceMs = patienceMsOf(values.wait);
  const { DATABASE_ADMIN_URL: adminUrl, DATABASE_URL: appUrl } = toolConfig();
  const migrator = new Migrator({ adminUrl, appUrl, report: print, patienceMs });
  try {
    switch (command) {
      case 'up':
        await migrator.up(values.to);
        return 0;
      case 'down':
        await migrator.down(values.to);
        return 0;
      default:
        for (const { name, applied } of await migrator.status())
          print(`${applied ? 'applied' : 'missing'} ${name}`);
        return 0;
    }
  } catch (error) {
    throw error instanceof UnknownMigration ? new UsageError(`--to: ${error.message}.`) : error;
  }
});
