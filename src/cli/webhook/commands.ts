import { EVENT_TYPES, typeOf } from '../../modules/webhooks/message';
import type { By, Replay, WebhookService } from '../../modules/webhooks/service';
import { print, timeOf, UsageError, wholeNumber } from '../support/tool';

const MAX_LOG = 10_000;
const MAX_KEEP_HOURS = 8760;

export const OPTIONS = {
  types: { type: 'string' },
  description: { type: 'string' },
  limit: { type: 'string' },
  'keep-hours': { type: 'string' },
  event: { type: 'string' },
  failed: { type: 'boolean' },
  since: { type: 'string' },
} as const;

interface Given {
  by: By;
  /** Of `add` the URL, else the id. */
  what: string;
  values: { [K in keyof typeof OPTIONS]?: string | boolean };
}

export interface Command {
  takes: 'url' | 'id' | 'nothing';
  options: (keyof typeof OPTIONS)[];
  run: (webhooks: WebhookService, given: Given) => Promise<void>;
}

const textOf = ({ values }: Given, name: keyof typeof OPTIONS): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};
const idOf = ({ what }: Given): number =>
  wholeNumber('The webhook', what, { min: 1, max: Number.MAX_SAFE_INTEGER });

/** Each with what it takes. */
export const COMMANDS: Record<string, Command | undefined> = {
  add: {
    takes: 'url',
    options: ['types', 'description'],
    run: async (webhooks, given) => {
      const types = textOf(given, 'types')?.split(',') ?? [];
      for (const type of types)
        if (!EVENT_TYPES.includes(type))
          throw new UsageError(`--types: there is no ${type}: they are ${EVENT_TYPES.join(', ')}.`);
      const { id, secret } = await webhooks.add(given.by, given.what, types, textOf(given, 'description'));
      print(`webhook ${id} is called from now on`);
      print(`secret ${secret}`);
    },
  },
  list: { takes: 'nothing', options: [], run: list },
  log: { takes: 'id', options: ['limit'], run: log },
  rotate: {
    takes: 'id',
    options: ['keep-hours'],
    run: async (webhooks, given) => {
      const hours = wholeNumber('--keep-hours', textOf(given, 'keep-hours') ?? '24', {
        min: 0,
        max: MAX_KEEP_HOURS,
      });
      const { secret } = await webhooks.rotate(given.by, idOf(given), hours);
      print(`secret ${secret}`);
      print(hours === 0 ? 'the old one signs no more' : `the old one signs as well for ${hours} h`);
    },
  },
  enable: {
    takes: 'id',
    options: [],
    run: async (webhooks, given) => {
      await webhooks.enable(given.by, idOf(given));
      print(`webhook ${idOf(given)} is called again; replay sends what it has missed`);
    },
  },
  replay: {
    takes: 'id',
    options: ['event', 'failed', 'since'],
    run: async (webhooks, given) => {
      print(`${await webhooks.replay(given.by, idOf(given), replayOf(given))} events are sent again`);
    },
  },
  remove: {
    takes: 'id',
    options: [],
    run: async (webhooks, given) => {
      await webhooks.remove(given.by, idOf(given));
      print(`webhook ${idOf(given)} is removed`);
    },
  },
  encrypt: {
    takes: 'nothing',
    options: [],
    run: async (webhooks, given) => {
      print(`the secrets of ${await webhooks.encrypt(given.by)} webhooks are stored under the present key`);
    },
  },
};

function replayOf(given: Given): Replay {
  const { event, failed, since } = given.values;
  if ([event, failed, since].filter((one) => one !== undefined).length !== 1)
    throw new UsageError('replay takes one of --event, --failed and --since.');
  if (failed === true) return { failed };
  if (typeof event === 'string') {
    if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(event))
      throw new UsageError(`--event must be the webhook-id of a call, not "${event}".`);
    return { eventId: event };
  }
  return { since: timeOf('--since', String(since)) };
}

async function list(webhooks: WebhookService): Promise<void> {
  const all = await webhooks.list();
  if (all.length === 0) print('there is no webhook');
  for (const each of all) {
    const state =
      each.disabledAt !== null
        ? `DISABLED at ${each.disabledAt.toISOString()}: ${each.disabledReason ?? ''}`
        : each.failingSince !== null
          ? `failing since ${each.failingSince.toISOString()} (${each.failures} calls)`
          : 'ok';
    const types = each.types?.join(', ') ?? 'all events';
    const two = each.previousUntil === null ? '' : `, two secrets until ${each.previousUntil.toISOString()}`;
    print(`${each.id} ${each.url} ${each.description}`.trimEnd());
    print(`  ${types}; ${each.pending} pending, ${each.failed} given up; ${state}${two}`);
  }
}

async function log(webhooks: WebhookService, given: Given): Promise<void> {
  const limit = wholeNumber('--limit', textOf(given, 'limit') ?? '20', { min: 1, max: MAX_LOG });
  for (const { at, eventId, topic, httpStatus, durationMs, error, status } of await webhooks.log(
    idOf(given),
    limit,
  ))
    print(
      `${at.toISOString()} ${eventId} ${typeOf(topic)} ${httpStatus ?? 'no answer'} ${durationMs} ms ` +
        `${error ?? 'delivered'} (now ${status})`,
    );
}
