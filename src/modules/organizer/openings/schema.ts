import { z } from 'zod';
import { Id, OffsetTime, Reason, StoredTime } from '../../../http/fields';

const Hash = z.string().regex(/^[0-9a-f]{64}$/, 'Invalid input: expected 64 hexadecimal digits');

const Drand = z.strictObject({
  chain: Hash.describe('Hash of the chain'),
  round: Id.describe('A round that is made after opensAt'),
});

export const OpeningInput = z.strictObject({
  opensAt: StoredTime.nullable().describe('Until then nobody is admitted; null: the queue is open'),
  mode: z
    .enum(['fifo', 'draw'])
    .describe('Order of those who come before: as they come, or drawn at opensAt'),
  drand: Drand.nullable()
    .optional()
    .describe('The beacon of the draw, named beforehand; without it operators commit and reveal'),
  reason: Reason.optional(),
});
export type OpeningInput = z.infer<typeof OpeningInput>;

export const CommitmentInput = z.strictObject({
  hash: Hash.describe('SHA-256 of your secret'),
  reason: Reason.optional(),
});
export const SecretInput = z.strictObject({
  secret: z
    .string()
    .regex(/^[\w-]{22,200}$/, 'Invalid input: expected 22 to 200 letters, digits, - and _')
    .describe('What you have committed to: at least 128 random bits'),
  reason: Reason.optional(),
});

export const OpeningView = z.object({
  queueId: z.string(),
  number: z.int().min(0).describe('Counts the openings of the queue'),
  opensAt: OffsetTime.nullable(),
  mode: z.enum(['fifo', 'draw']),
  drand: z.object({ chain: z.string(), round: z.int() }).nullable(),
  commitments: z.array(z.object({ operator: z.string(), hash: z.string(), isRevealed: z.boolean() })),
  draw: z.enum(['none', 'registration', 'closed', 'drawn']).describe('How far the draw of this opening is'),
});
export type OpeningView = z.infer<typeof OpeningView>;
