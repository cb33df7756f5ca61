import 'reflect-metadata';
import { AuditRepository } from '../modules/organizer/audit/repository';
import { ROLES, type Role } from '../modules/organizer/operators/models/operator';
import { OperatorRepository } from '../modules/organizer/operators/repository';
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

const USAGE = `Usage: npm run db -- operator add NAME --role viewer|operator|admin | list | revoke NAME
Who may use /v1/admin and /queues on the management port. Adding and revoking is written to the audit.
  add     makes an operator and prints its key, once: it is stored as a hash
  list    names, roles, since when, until when
  revoke  makes the key worthless at once
Roles: a viewer reads; an operator also blocks seats, refunds orders and sets limits of queues; an admin does everything`;

const COMMANDS = ['add', 'list', 'revoke'];
const NAME = /^[\w.@-]{1,64}$/;
const TIMEOUT_MS = 30_000;

interface Wish {
  command: string;
  name: string;
  role: Role;
}

function readWish(): Wish {
  const { positionals, values } = readArguments({
    allowPositionals: true,
    options: { role: { type: 'string' } },
  });
  const [command = '', name = '', ...more] = positionals;
  if (!COMMANDS.includes(command)) throw unknownCommand(command, COMMANDS);
  if (more.length > 0 || (command === 'list' && name !== '')) throw new UsageError('Too many arguments.');
  if (command !== 'list' && !NAME.test(name))
    throw new UsageError('NAME: 1 to 64 letters, digits, ".", "@", "_" or "-".');
  const role = ROLES.find((known) => known === values.role);
  if (command === 'add' && role === undefined)
    throw new UsageError(`--role must be one of ${ROLES.join(', ')}.`);
  if (command !== 'add' && values.role !== undefined) throw new UsageError(`${command} takes no --role.`);
  return { command, name, role: role ?? 'viewer' };
}

async function carryOut(operators: OperatorRepository, { command, name, role }: Wish): Promise<void> {
  const actor = accountName();
  if (command === 'list')
    for (const { revokedAt, createdAt, ...one } of await operators.list())
      print(
        `${one.name} ${one.role} since ${createdAt.toISOString()}${revokedAt === null ? '' : `, revoked ${revokedAt.toISOString()}`}`,
      );
  else if (command === 'add') {
    const key = await operators.add(name, role, actor);
    if (key === undefined) throw new CannotRun(`There is an operator ${name} already: revoke it first.`);
    print(key);
  } else if (!(await operators.revoke(name, actor))) throw new CannotRun(`There is no operator ${name}.`);
}

runTool(USAGE, async () => {
  const wish = readWish();
  const database = await openDatabase({
    url: toolConfig().DATABASE_ADMIN_URL,
    timeoutMs: TIMEOUT_MS,
    report: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    await carryOut(new OperatorRepository(database, new AuditRepository(database)), wish);
    return 0;
  } finally {
    await database.close();
  }
});
