import { z } from 'zod';

/** Plain digits: `0x1` and `1e3` are numbers to JavaScript alone. A generation may have 16 of them. */
const Whole = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, 'Invalid input: expected a positive whole number')
  .transform(Number)
  .refine(Number.isSafeInteger, 'Invalid input: expected a number up to 2^53 − 1');

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
