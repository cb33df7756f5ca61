import { check } from '../../../../lab/faults/checker';
import { HOLD_MS, partyStory, Story } from './story';

describe('the checker of the fault suite, of a history where nothing is wrong,', () => {
  it('finds nothing in a history where nothing is wrong', () => {
    expect(check(Story.good().evidence)).toEqual([]);
  });

  it('finds nothing in an order of two seats that was paid and given back, and in its seats sold again', () => {
    const story = partyStory();
    expect(check(story.evidence)).toEqual([]);
    story.reserves(2, 21, 13, 1300);
    expect(check(story.evidence)).toEqual([]);
  });

  it('does not take an unknown outcome for a loss, whether it has acted or not', () => {
    const story = Story.good();
    const lost = { outcome: 'unknown', status: 0 } as const;
    story.ask('charge', 1, 500, 600, { key: 'lost', amount: 3, ...lost });
    story.ask('charge', 2, 500, 600, { key: 'done', amount: 4, ...lost });
    story.books(2, 'CHARGE', 4, null);
    story.ask('balance', 2, 550, 560, { answered: { amount: 404 } });
    story.ask('balance', 2, 540, 545, { answered: { amount: 400 } });
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds no inversion when an entry was made by a request whose answer was lost', () => {
    const story = Story.good();
    story.ask('token', 3, 20, 22, { outcome: 'unknown', status: 0 });
    story.comes(4, 4, 30);
    story.comes(3, 3, 50);
    story.evidence.activeLimit = 10;
    story.enters(3, 60);
    story.enters(4, 61);
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds nothing when a second payment of what is paid is refused', () => {
    const story = Story.good();
    const refused = { outcome: 'fail', status: 403, code: '003' } as const;
    story.ask('pay', 1, 500, 510, { key: 'again', reservationId: 1, seatId: 7, ...refused });
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds nothing when a refused hold succeeds a moment later under the same key', () => {
    const story = Story.good();
    const refused = { outcome: 'fail', status: 403, code: '003' } as const;
    story.ask('reserve', 1, 690, 695, { key: 'r3', seatId: 9, ...refused });
    story.reserves(1, 9, 3, 700);
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds nothing when a seat goes to the next one as soon as the hold is over', () => {
    const story = Story.good();
    story.reserves(1, 9, 3, 1000);
    story.ask('reserve', 2, 3900, 3990, {
      key: 'early',
      seatId: 9,
      outcome: 'fail',
      status: 409,
      code: '004',
    });
    story.reserves(2, 9, 4, 1000 + HOLD_MS + 1);
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds nothing when a seat that one holds is asked for again and answered with the same hold', () => {
    const story = Story.good();
    story.reserves(1, 9, 3, 1000);
    story.ask('reserve', 1, 1500, 1510, { key: 'again', seatId: 9, answered: { reservationId: 3 } });
    story.reserves(2, 9, 4, 1000 + HOLD_MS + 20);
    expect(check(story.evidence)).toEqual([]);
  });
});
