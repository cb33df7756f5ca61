import { Lifecycle, scoped } from 'tsyringe';
import type { Statements } from '../../infra/database';

const INSERT = "INSERT INTO payment (reservation_id, user_id, amount, status) VALUES (?, ?, ?, 'DONE')";

@scoped(Lifecycle.ContainerScoped)
export class PaymentRepository {
  /** @returns the payment's id */
  async insert(tx: Statements, reservationId: number, userId: number, amount: number): Promise<number> {
    return (await tx.run(INSERT, [reservationId, userId, amount])).insertId;
  }
}
