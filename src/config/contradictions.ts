import type { Config } from './fields';
import { hasIdentity } from './fields/identity';
import { parseDatabaseUrl } from './urls';

interface Rule<Name extends keyof Config = keyof Config> {
  /** The variables that it compares. */
  of: readonly Name[];
  /** Whether they contradict each other. */
  isBroken: (config: Pick<Config, Name>) => boolean;
  /** Begins with the variable to change. */
  fault: string;
}

const rule = <const Name extends keyof Config>(it: Rule<Name>): Rule => it;

const KEPT_SECRETS = [
  'TOKEN_SECRET',
  'TOKEN_SECRET_SECONDARY',
  'TRANSPARENCY_SECRET',
  'WEBHOOK_ENCRYPTION_KEY',
  'WEBHOOK_ENCRYPTION_KEY_SECONDARY',
] as const;
const IDENTITY_KEYS = ['TOKEN_IDENTITY_JWKS_URL', 'TOKEN_IDENTITY_PUBLIC_KEY'] as const;

/** Databases that every MariaDB has for itself: migrations would make their tables in its own. */
const OF_THE_SERVER = new Set(['information_schema', 'mysql', 'performance_schema', 'sys']);

const RULES: Rule[] = [
  rule({
    of: ['TOKEN_SECRET', 'TOKEN_SECRET_SECONDARY'],
    isBroken: (it) => it.TOKEN_SECRET !== '' && it.TOKEN_SECRET === it.TOKEN_SECRET_SECONDARY,
    fault: 'TOKEN_SECRET_SECONDARY must be another secret than TOKEN_SECRET',
  }),
  ...KEPT_SECRETS.map((name) =>
    rule({
      of: ['MANAGEMENT_TOKEN', name],
      isBroken: (it) => it.MANAGEMENT_TOKEN !== '' && it.MANAGEMENT_TOKEN === it[name],
      fault: `MANAGEMENT_TOKEN must be another secret than ${name}: it travels with each request of an operator`,
    }),
  ),
  rule({
    of: ['WEBHOOK_ENCRYPTION_KEY', 'WEBHOOK_ENCRYPTION_KEY_SECONDARY'],
    isBroken: (it) =>
      it.WEBHOOK_ENCRYPTION_KEY !== '' && it.WEBHOOK_ENCRYPTION_KEY === it.WEBHOOK_ENCRYPTION_KEY_SECONDARY,
    fault: 'WEBHOOK_ENCRYPTION_KEY_SECONDARY must be another secret than WEBHOOK_ENCRYPTION_KEY',
  }),
  rule({
    of: ['QUEUE_ID', 'QUEUES'],
    isBroken: (it) => it.QUEUES.has(it.QUEUE_ID),
    fault: 'QUEUES must not name the main queue (QUEUE_ID): its limit is QUEUE_MAX_ACTIVE',
  }),
  rule({
    of: ['PORT', 'MANAGEMENT_PORT'],
    isBroken: (it) => it.MANAGEMENT_PORT === it.PORT && it.PORT !== 0,
    fault: 'MANAGEMENT_PORT must not be PORT: leave it empty to have all on one',
  }),
  ...(['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const).flatMap((name) => [
    rule({
      of: ['KAFKA_SECURITY_PROTOCOL', name],
      isBroken: (it) => it.KAFKA_SECURITY_PROTOCOL.startsWith('SASL') && it[name] === '',
      fault: `${name} must be set with a KAFKA_SECURITY_PROTOCOL that begins with SASL`,
    }),
    rule({
      of: ['KAFKA_SECURITY_PROTOCOL', name],
      isBroken: (it) => !it.KAFKA_SECURITY_PROTOCOL.startsWith('SASL') && it[name] !== '',
      fault: `KAFKA_SECURITY_PROTOCOL must begin with SASL where ${name} is set: otherwise nobody logs in`,
    }),
  ]),
  rule({
    of: ['QUEUE_AUTO_MIN_ACTIVE', 'QUEUE_AUTO_MAX_ACTIVE'],
    isBroken: (it) => it.QUEUE_AUTO_MAX_ACTIVE < it.QUEUE_AUTO_MIN_ACTIVE,
    fault: 'QUEUE_AUTO_MAX_ACTIVE must not be below QUEUE_AUTO_MIN_ACTIVE',
  }),
  rule({
    of: ['QUEUE_AUTO_START_ACTIVE', 'QUEUE_AUTO_MIN_ACTIVE', 'QUEUE_AUTO_MAX_ACTIVE'],
    isBroken: ({ QUEUE_AUTO_START_ACTIVE: start, QUEUE_AUTO_MIN_ACTIVE: min, QUEUE_AUTO_MAX_ACTIVE: max }) =>
      start !== 'auto' && (start < min || start > max),
    fault: 'QUEUE_AUTO_START_ACTIVE must lie between QUEUE_AUTO_MIN_ACTIVE and QUEUE_AUTO_MAX_ACTIVE',
  }),
  rule({
    of: ['TOKEN_IDENTITY_JWKS_URL', 'TOKEN_IDENTITY_PUBLIC_KEY'],
    isBroken: (it) => it.TOKEN_IDENTITY_JWKS_URL !== '' && it.TOKEN_IDENTITY_PUBLIC_KEY !== '',
    fault: 'TOKEN_IDENTITY_PUBLIC_KEY must be empty with TOKEN_IDENTITY_JWKS_URL: one of them says the keys',
  }),
  rule({
    of: [...IDENTITY_KEYS, 'TOKEN_IDENTITY_ISSUER'],
    isBroken: (it) => hasIdentity(it) && it.TOKEN_IDENTITY_ISSUER === '',
    fault: 'TOKEN_IDENTITY_ISSUER must be set: another issuer may sign with the same keys',
  }),
  rule({
    of: [...IDENTITY_KEYS, 'TOKEN_IDENTITY_AUDIENCE'],
    isBroken: (it) => hasIdentity(it) && it.TOKEN_IDENTITY_AUDIENCE === '',
    fault: 'TOKEN_IDENTITY_AUDIENCE must be set: what the shop signs for others must not open this queue',
  }),
  rule({
    of: [...IDENTITY_KEYS, 'TOKEN_IDENTITY_SIGN_IN_URL'],
    isBroken: (it) => !hasIdentity(it) && it.TOKEN_IDENTITY_SIGN_IN_URL !== '',
    fault:
      'TOKEN_IDENTITY_SIGN_IN_URL must be empty without the shop’s keys: nobody could verify its assertions',
  }),
  rule({
    of: [...IDENTITY_KEYS, 'TOKEN_GATE'],
    isBroken: (it) => hasIdentity(it) && it.TOKEN_GATE !== 'none',
    fault: 'TOKEN_GATE must be none with TOKEN_IDENTITY_*: the assertion is what a token costs',
  }),
  rule({
    of: ['TOKEN_PROOF_OF_WORK_BITS', 'TOKEN_PROOF_OF_WORK_MAX_BITS'],
    isBroken: (it) => it.TOKEN_PROOF_OF_WORK_MAX_BITS < it.TOKEN_PROOF_OF_WORK_BITS,
    fault: 'TOKEN_PROOF_OF_WORK_MAX_BITS must not be below TOKEN_PROOF_OF_WORK_BITS',
  }),
  ...(['TOKEN_TURNSTILE_SECRET', 'TOKEN_TURNSTILE_HOSTNAMES'] as const).map((name) =>
    rule({
      of: ['TOKEN_GATE', name],
      isBroken: (it) => it.TOKEN_GATE === 'turnstile' && it[name] === '',
      fault: `${name} must be set with TOKEN_GATE=turnstile`,
    }),
  ),
  ...(['TOKEN_PRIVACY_PASS_ISSUER', 'TOKEN_PRIVACY_PASS_ORIGIN', 'TOKEN_PRIVACY_PASS_KEYS'] as const).map(
    (name) =>
      rule({
        of: ['TOKEN_GATE', name],
        isBroken: (it) => it.TOKEN_GATE === 'privacy-pass' && it[name] === '',
        fault: `${name} must be set with TOKEN_GATE=privacy-pass`,
      }),
  ),
  rule({
    of: ['DATABASE_URL'],
    isBroken: (it) => OF_THE_SERVER.has(parseDatabaseUrl(it.DATABASE_URL).database.toLowerCase()),
    fault: `DATABASE_URL must name a database for this product, and none of ${[...OF_THE_SERVER].join(', ')}`,
  }),
  rule({
    of: ['DATABASE_URL', 'DATABASE_ADMIN_URL'],
    isBroken: (it) =>
      parseDatabaseUrl(it.DATABASE_URL).database !== parseDatabaseUrl(it.DATABASE_ADMIN_URL).database,
    fault: 'DATABASE_ADMIN_URL must name the same database as DATABASE_URL: it is the one to migrate',
  }),
];

/** What variables say against each other; a rule of a variable that is wrong by itself is left out. */
export const contradictions = (values: Partial<Config>): string[] =>
  RULES.filter(({ of }) => of.every((name) => name in values))
    .filter(({ isBroken }) => isBroken(values as Config))
    .map(({ fault }) => fault);
