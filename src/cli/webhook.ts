import 'reflect-metadata';
import { NotFound } from '../common/errors';
import { AuditRepository } from '../modules/organizer/audit/repository';
import { SecretUnreadable, TargetRefused } from '../modules/webhooks/errors';
import { DeliveryHistory } from '../modules/webhooks/history';
import { EndpointRepository } from '../modules/webhooks/repository';
import { WebhookSecrets } from '../modules/webhooks/secrets';
import { WebhookService } from '../modules/webhooks/service';
import { openDatabase } from '../platform/database/connection/ready';
import { accountName } from './support/account';
import {
  CannotRun,
  print,
  readArguments,
  runTool,
  toolConfig,
  unknownCommand,
  UsageError,
} from './support/tool';
import { type Command, COMMANDS, OPTIONS } from './webhook/commands';

const USAGE = `Usage: npm run db -- webhook add URL | list | log ID | rotate ID | enable ID | replay ID | remove ID | encrypt
Webhooks after Standard Webhooks: where events are posted to (docs/webhooks.md).
  add     makes one and shows its secret, this once; --types payment.completed,payment.refunded (default: all),
          --description TEXT
  list    all of them, with their state
  log     the newest calls; --limit N (default 20)
  rotate  gives a new secret; --keep-hours N: how long the old one signs as well (default 24; 0: not at all)
  enable  calls one again that was disabled
  replay  sends again: --event ID, --failed (what was given up), or --since 2026-11-29T10:00:00Z
  remove  forgets one, with its deliveries and log
  encrypt stores all secrets under WEBHOOK_ENCRYPTION_KEY, or as they are without it; what the previous key has
          encrypted is opened by WEBHOOK_ENCRYPTION_KEY_SECONDARY`;
const TIMEOUT_MS = 60_000;

function commandOf(name: string | undefined): Command {
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name ?? ''] : undefined;
  if (command !== undefined) return command;
  throw unknownCommand(name ?? '', Object.keys(COMMANDS));
}

runTool(USAGE, async () => {
  const { positionals, values } = readArguments({ allowPositionals: true, options: OPTIONS });
  const [name, what, ...more] = positionals;
  const command = commandOf(name);
  if (more.length > 0) throw new UsageError(`What is ${more.join(' ')}?`);
  if ((command.takes === 'nothing') !== (what === undefined))
    throw new UsageError(
      `${name ?? ''} takes ${command.takes === 'nothing' ? 'no' : 'the'} ${command.takes === 'nothing' ? (what ?? '') : command.takes}.`,
    );
  for (const option of Object.keys(values) as (keyof typeof OPTIONS)[])
    if (!command.options.includes(option)) throw new UsageError(`${name ?? ''} takes no --${option}.`);
  const config = toolConfig();
  const database = await openDatabase({ url: config.DATABASE_URL, timeoutMs: TIMEOUT_MS, report: print });
  try {
    const webhooks = new WebhookService(
      database,
      new EndpointRepository(),
      new DeliveryHistory(database),
      new WebhookSecrets(config),
      new AuditRepository(database),
      config,
    );
    const by = { actor: { name: accountName(), role: 'cli' } };
    await command.run(webhooks, { by, what: what ?? '', values });
    return 0;
  } catch (error) {
    if (error instanceof TargetRefused) throw new UsageError(error.message);
    if (error instanceof SecretUnreadable) throw new CannotRun(`Of a webhook ${error.message}.`);
    throw error instanceof NotFound ? new CannotRun(error.message) : error;
  } finally {
    await database.close();
  }
});
