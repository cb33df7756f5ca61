import { z } from 'zod';

const MAX_SEQ = Number.MAX_SAFE_INTEGER;
const Whole = z.coerce.number().int().min(1).max(MAX_SEQ);

export const InclusionQuery = z.object({
  seq: Whole.describe('`seq` of the token'),
  generation: Whole.describe('`gen` of the token'),
});

export const Inclusion = z.object({
  checkpoint: z.string().describe('Signed note (C2SP tlog-checkpoint)'),
  key: z.string().describe('Verifier key of the log (C2SP signed-note)'),
  leafIndex: z.int().min(0),
  leaf: z.string().describe('The entry of the log that says that this entry of the queue was issued'),
  proof: z.array(z.string()).describe('Inclusion proof after RFC 9162, 2.1.3, from the bottom up, Base64'),
});
export type Inclusion = z.infer<typeof Inclusion>;
