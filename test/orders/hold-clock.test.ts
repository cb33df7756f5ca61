import { setTimeout as sleep } from 'node:timers/promises';
import { HoldRepository } from '../../src/modules/orders/holds/hold-repository';
import { at } from '../support/at';
import { expectInvariants } from '../support/invariants';
import { useService } from '../support/suite';

describe('the time of a hold', () => {
  const app = useService();
  afterAll(() => expectInvariants());

  it('begins when the seat is won, not when the request began to wait for it', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const seatId = at(seats, 0).id;
    const buyer = await app.buyer();
    const repository = app.service.container.resolve(HoldRepository);
    const lockSeats = repository.lockFreeSeats.bind(repository);
    const { answer, freedAt } = await app.admin.transaction(async (tx) => {
      await tx.query('SELECT id FROM concert_seat WHERE id = ? FOR UPDATE', [seatId]);
      let answer: Promise<number> | undefined;
      await new Promise<void>((resolve) => {
        jest.spyOn(repository, 'lockFreeSeats').mockImplementationOnce((...call) => {
          const locked = lockSeats(...call);
          resolve();
          return locked;
        });
        answer = buyer.reserve(id, seatId).then(({ status }) => status);
      });
      await sleep(300); // the server has the statement, which waits
      const [clock] = await tx.query<{ now: Date }>('SELECT NOW(3) AS now');
      return { answer, freedAt: clock?.now.getTime() ?? NaN };
    });
    expect(await answer).toBe(200);
    const [row] = await app.admin.query<{ reservedAt: Date; lasts: number }>(
      `SELECT reserved_at AS reservedAt, TIMESTAMPDIFF(SECOND, reserved_at, held_until) AS lasts
         FROM reservation WHERE seat_id = ?`,
      [seatId],
    );
    expect(row?.reservedAt.getTime()).toBeGreaterThanOrEqual(freedAt);
    expect(row?.lasts).toBe(300);
  });
});
