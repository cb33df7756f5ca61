import { z } from 'zod';
import { OffsetTime } from '../../../http/fields';

export const Hash = z.string().regex(/^[0-9a-f]{64}$/);

export const PublishedDraw = z.object({
  number: z.int().min(1),
  opensAt: OffsetTime.describe('When the registration closed'),
  firstSeq: z.int().min(0),
  lastSeq: z.int().min(0).describe('Entries of (firstSeq, lastSeq] take part'),
  registered: z.int().min(0).describe('Tokens that the root is over'),
  root: Hash.describe('Merkle tree hash (RFC 9162) over 8 bytes of seq and the SHA-256 of its token, by seq'),
  commitments: z.array(z.object({ operator: z.string(), hash: z.string(), secret: z.string().nullable() })),
  beacon: z.string().nullable().describe('The text of which the seed is made; null: not known yet'),
  seed: Hash.nullable().describe(
    'SHA-256 of "concert draw 1\\n<queue> <number>\\n<root>\\n<beacon>\\n": the entry at index i gets the number lastSeq + 1 + compute_shuffled_index(i, lastSeq - firstSeq, seed)',
  ),
  drawnAt: OffsetTime.nullable(),
});
export type PublishedDraw = z.infer<typeof PublishedDraw>;
