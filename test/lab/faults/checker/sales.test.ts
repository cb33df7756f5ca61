import { checksOf, HOLD_MS, itFinds, partyStory } from './story';

describe('the checker of the fault suite, of seats and holds,', () => {
  it('finds a seat of an order that another one had meanwhile', () => {
    const story = partyStory();
    story.reserves(2, 21, 13, 1050);
    expect(checksOf(story)).toContain('double sale');
  });

  itFinds([
    [
      'a seat sold twice',
      'double sale',
      (story) => {
        story.charges(3, 200, 400);
        story.pays(story.reserves(3, 7, 3, 500), 600);
      },
    ],
    [
      'a seat held twice by the answers of its buyers',
      'double sale',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        story.ask('reserve', 2, 1500, 1510, { key: 'r4', seatId: 9, answered: { reservationId: 4 } });
      },
    ],
    [
      'a hold of one in the answer to another',
      'double sale',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        story.ask('reserve', 2, 1500, 1510, { key: 'r4', seatId: 9, answered: { reservationId: 3 } });
      },
    ],
    [
      'a sale that was acknowledged and is gone',
      'lost 2xx',
      (story) => void story.evidence.state.payments.pop(),
    ],
    [
      'a hold that was acknowledged and is gone',
      'lost 2xx',
      (story) => {
        story.ask('reserve', 1, 700, 710, { key: 'gone', seatId: 11, answered: { reservationId: 99 } });
      },
    ],
    [
      'a charge that was acknowledged and is gone',
      'lost 2xx',
      (story) => {
        story.ask('charge', 1, 700, 710, { key: 'gone', amount: 5, answered: { amount: 905 } });
      },
    ],
    [
      'a hold that another took before its end',
      'hold ended early',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        story.reserves(2, 9, 4, 1000 + HOLD_MS - 200);
      },
    ],
    [
      'a hold that could not be paid before its end',
      'hold ended early',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        story.ask('pay', 1, 1500, 1510, {
          key: 'p3',
          reservationId: 3,
          outcome: 'fail',
          status: 409,
          code: '409',
        });
      },
    ],
    [
      'a seat refused long after its hold',
      'hold freed late',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        const atMs = 1000 + HOLD_MS + 1500;
        story.ask('reserve', 2, atMs, atMs + 10, {
          key: 'late',
          seatId: 9,
          outcome: 'fail',
          status: 409,
          code: '004',
        });
      },
    ],
    [
      'a hold that is still there at the end',
      'hold freed late',
      (story) => {
        story.reserves(1, 9, 3, 1000).status = 'TEMP_RESERVED';
      },
    ],
  ]);
});
