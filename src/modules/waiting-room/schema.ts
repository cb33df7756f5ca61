import { z } from 'zod';
import { Id, OffsetTime } from '../../http/fields';
import { Chance, QueueState } from './status/schema';

export const IssueBody = z.strictObject({
  userId: Id.describe('The user who joins'),
  queueId: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional()
    .describe('The queue of a concert; without it the main queue'),
});

const WorkProof = z.strictObject({
  challenge: z.string().max(1024).describe('From POST /v1/api/queue/challenge, unchanged'),
  nonce: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .describe('The nonce that solves it'),
});

const ResponseProof = z.strictObject({
  response: z.string().min(1).max(2048).describe('What the widget of the challenge has given to the page'),
});

/** Only what the gate demands is present. */
export type SentProof = Partial<z.infer<typeof WorkProof> & z.infer<typeof ResponseProof>>;

/** With TOKEN_GATE=proof-of-work. */
export const WorkIssueBody = IssueBody.extend({ proof: WorkProof.optional() });

/** With TOKEN_GATE=turnstile. */
export const ResponseIssueBody = IssueBody.extend({ proof: ResponseProof.optional() });

/** With TOKEN_IDENTITY_*: the shop names the user. */
export const AssertedIssueBody = IssueBody.omit({ userId: true }).extend({
  assertion: z
    .string()
    .max(8192)
    .regex(/^[\w-]+\.[\w-]+\.[\w-]*$/, 'Invalid input: expected a signed JSON Web Token')
    .describe('The shop’s signed JSON Web Token about the user: RS256, ES256 or EdDSA'),
});

/** Only what the configuration demands is present. */
export type IssueRequest = Partial<z.infer<typeof IssueBody> & z.infer<typeof AssertedIssueBody>> & {
  proof?: SentProof | undefined;
};

export const ChallengeBody = IssueBody.pick({ userId: true });

export const IssuedChallenge = z.object({
  challenge: z
    .string()
    .describe(
      'Find a nonce with which Argon2id (password: the nonce, salt: the challenge, 1 pass, 1 lane, 32 bytes) begins with `bits` zero bits',
    ),
  bits: z.int().min(1),
  memoryKib: z.int().min(8).describe('Memory of each hash'),
  expiresInSeconds: z.int().min(1),
});
export type IssuedChallenge = z.infer<typeof IssuedChallenge>;

export const IssuedToken = z.object({
  queueToken: z.string().describe('The signed entry; send it as Authorization'),
});

export const QueueStatus = z.enum(['WAITING', 'PROGRESS', 'DONE', 'EXPIRED']);
export type QueueStatus = z.infer<typeof QueueStatus>;

export const CheckedToken = z.object({
  queuePosition: z.int().min(0).describe('1 is the next to be admitted; 0 when not waiting'),
  status: QueueStatus,
  etaSeconds: z.int().min(0).describe('Estimated time to admission'),
  pollAfterMs: z.int().min(0).describe('When to poll again'),
  seq: z
    .int()
    .min(1)
    .describe('Number of the entry in the order: of the token, or the one that a draw has given it'),
  queueState: QueueState.describe('How the queue stands, as its status says'),
  opensAt: OffsetTime.nullable().describe('Until then nobody is admitted'),
  chance: Chance.nullable().describe(
    'Whether seats are left when the turn comes; null: not known, or not waiting',
  ),
});
export type CheckedToken = z.infer<typeof CheckedToken>;

export const IssuedTicket = z.object({
  ticket: z.string().describe('The stream token; put it into the URL of the events: ?ticket='),
  expiresInSeconds: z.int().min(1),
});
export type IssuedTicket = z.infer<typeof IssuedTicket>;
