import { Lifecycle, scoped } from 'tsyringe';
import { isDuplicateKey, type SqlExecutor } from '../../platform/database/database';
import { TokenNotActive } from '../waiting-room/errors';
import type { SessionId } from '../waiting-room/state/repository';

const INSERT = `INSERT INTO payment (reservation_id, user_id, amount, status, queue_id, queue_generation, queue_seq)
                VALUES (?, ?, ?, 'DONE', ?, ?, ?)`;

@scoped(Lifecycle.ContainerScoped)
export class PaymentRepository {
  /**
   * @param session that pays; a session pays once
   * @returns the payment's id
   * @throws TokenNotActive (003) when the session has paid before
   */
  async insertPayment(
    tx: SqlExecutor,
    reservationId: number,
    userId: number,
    amount: number,
    session?: SessionId,
  ): Promise<number> {
    const { queueId = null, gen = null, seq = null } = session ?? {};
    try {
      return (await tx.execute(INSERT, [reservationId, userId, amount, queueId, gen, seq])).insertId;
    } catch (error) {
      throw isDuplicateKey(error, 'one_payment_per_session') ? new TokenNotActive('DONE') : error;
    }
  }
}
