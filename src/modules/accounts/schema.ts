import { z } from 'zod';
import { Won } from '../../http/fields';

/** Most that one charge may add, won. */
export const LARGEST_CHARGE = 1_000_000_000;

export const ChargeBody = z.strictObject({
  amount: z.int().min(1).max(LARGEST_CHARGE).describe('Won to add to the balance'),
});

export const Balance = z.object({ amount: Won.describe('Balance, won') });
export type Balance = z.infer<typeof Balance>;
