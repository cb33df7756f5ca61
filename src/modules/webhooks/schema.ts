import { z } from 'zod';
import { Id, lines, OffsetTime, Reason, StoredTime } from '../../http/fields';
import { operation } from '../../http/operation';
import { EVENT_TYPES } from './message';

const tag = 'Webhooks';
const MISSING = { '404': 'There is none of that number' };
const time = '2030-01-02T20:00:00+09:00';

const EndpointView = z.object({
  webhookId: Id,
  url: z.string(),
  description: z.string(),
  types: z.array(z.string()).nullable().describe('null: all'),
  pending: z.int().describe('Deliveries that are not done yet, counted up to 100,000'),
  failed: z.int().describe('Deliveries that were given up, counted likewise'),
  createdAt: OffsetTime,
  failingSince: OffsetTime.nullable(),
  disabledAt: OffsetTime.nullable(),
  disabledReason: z.string().nullable(),
  previousSecretUntil: OffsetTime.nullable().describe('Until then calls have two signatures'),
});

export const LIST = operation({
  tag,
  summary: 'All webhooks, with their state',
  answer: z.array(EndpointView),
  example: [
    {
      webhookId: 1,
      url: 'https://crm.example/hooks',
      description: 'CRM',
      types: null,
      pending: 0,
      failed: 0,
      createdAt: time,
      failingSince: null,
      disabledAt: null,
      disabledReason: null,
      previousSecretUntil: null,
    },
  ],
});

const reason = Reason.optional();
const secret = z.string().describe('Shown this once');
const exampleSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

export const ADD = operation({
  tag,
  summary: 'Posts events to a URL from now on',
  description: 'docs/webhooks.md says what a receiver does.',
  body: z.strictObject({
    url: z.string().min(1).max(2000),
    types: z
      .array(z.enum(EVENT_TYPES as [string, ...string[]]))
      .max(20)
      .optional()
      .describe('Without them all'),
    description: lines(200).optional(),
    reason,
  }),
  answer: z.object({ webhookId: Id, secret }),
  example: { webhookId: 1, secret: exampleSecret },
});

export const ATTEMPTS = operation({
  tag,
  summary: 'The newest 100 calls and what came of them',
  errors: MISSING,
  answer: z.array(
    z.object({
      eventId: z.string(),
      type: z.string(),
      status: z.enum(['PENDING', 'DELIVERED', 'FAILED']).describe('Of the delivery, now'),
      at: OffsetTime,
      httpStatus: z.int().nullable().describe('null: there was no answer'),
      durationMs: z.int(),
      error: z.string().nullable().describe('null: it was delivered'),
    }),
  ),
  example: [
    {
      eventId: '0b0f6a1e-6b5c-4a7e-9b1e-0c5d9e3f2a11',
      type: 'payment.completed',
      at: time,
      status: 'DELIVERED' as const,
      httpStatus: 200,
      durationMs: 41,
      error: null,
    },
  ],
});

export const ROTATE = operation({
  tag,
  summary: 'A new secret; for some hours the old one signs as well',
  errors: MISSING,
  body: z.strictObject({ keepHours: z.int().min(0).max(8760).default(24), reason }),
  answer: z.object({ secret }),
  example: { secret: exampleSecret },
});

const ReplayBody = z.union([
  z.strictObject({ eventId: z.guid(), reason }),
  z.strictObject({ since: StoredTime, reason }),
  z.strictObject({ failed: z.literal(true), reason }),
]);
export type ReplayBody = z.infer<typeof ReplayBody>;

export const REPLAY = operation({
  tag,
  summary: 'Sends an event, all since a time, or all that were given up again',
  errors: MISSING,
  body: ReplayBody,
  answer: z.object({ events: z.int() }),
  example: { events: 3 },
});

const done = {
  body: z.strictObject({ reason }).optional(),
  answer: z.object({}),
  example: {},
  errors: MISSING,
};
export const ACTIVATE = operation({ tag, summary: 'Calls a disabled webhook again', ...done });
export const REMOVE = operation({
  tag,
  summary: 'Forgets a webhook, its deliveries and its log',
  ...done,
});
