import { z } from 'zod';
import { Id } from '../../http/fields';

export const IssueBody = z.strictObject({
  userId: Id.describe('A member'),
  queueId: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional()
    .describe('A concert’s own line; without it the main one'),
});

export const IssuedToken = z.object({
  queueToken: z.string().describe('A place in line, signed; send it as Authorization'),
});

export const QueueStatus = z.enum(['WAITING', 'PROGRESS', 'DONE', 'EXPIRED']);
export type QueueStatus = z.infer<typeof QueueStatus>;

export const CheckedToken = z.object({
  queuePosition: z.int().min(0).describe('1 is the next to enter; 0 when not waiting'),
  status: QueueStatus,
  etaSeconds: z.int().min(0).describe('Estimated time to admission'),
  pollAfterMs: z.int().min(0).describe('When to ask again'),
});
export type CheckedToken = z.infer<typeof CheckedToken>;

export const IssuedTicket = z.object({
  ticket: z.string().describe('Put it into the URL of the events: ?ticket='),
  expiresInSeconds: z.int().min(1),
});
export type IssuedTicket = z.infer<typeof IssuedTicket>;
