import { HOLD_MS, itFinds } from './story';

describe('the checker of the fault suite, of answers, keys and money,', () => {
  itFinds([
    [
      'a charge under one key that acted twice',
      'key acted twice',
      (story) => story.books(1, 'CHARGE', 1000, null),
    ],
    [
      'a charge that was refused and acted',
      'key acted twice',
      (story) => {
        story.ask('charge', 1, 700, 710, { key: 'no', amount: 5, outcome: 'fail', status: 403, code: '003' });
        story.books(1, 'CHARGE', 5, null);
      },
    ],
    [
      'a payment that was refused and is booked',
      'key acted twice',
      (story) => {
        const row = story.reserves(1, 9, 3, 700);
        story.pays(row, 800);
        for (const operation of story.operations)
          if (operation.key === 'p3') Object.assign(operation, { outcome: 'fail', status: 403, code: '003' });
      },
    ],
    [
      'a hold that was refused and is there',
      'key acted twice',
      (story) => {
        story.reserves(1, 9, 3, 700);
        for (const operation of story.operations)
          if (operation.key === 'r3') Object.assign(operation, { outcome: 'fail', status: 409, code: '004' });
      },
    ],
    [
      'a hold under one key that acted twice',
      'key acted twice',
      (story) => {
        const row = story.reserves(1, 9, 3, 700);
        const laterMs = 2 * HOLD_MS;
        story.evidence.state.reservations.push({
          ...row,
          id: 4,
          reservedMs: row.reservedMs + laterMs,
          heldUntilMs: row.heldUntilMs + laterMs,
        });
        story.tells('reservation-notification', 4);
      },
    ],
    [
      'one key with two answers',
      'key acted twice',
      (story) => {
        story.ask('reserve', 1, 220, 230, { key: 'r1', seatId: 7, answered: { reservationId: 55 } });
      },
    ],
    [
      'a refusal of what was done',
      'wrong answer',
      (story) => {
        story.ask('pay', 1, 500, 510, {
          key: 'p1',
          reservationId: 1,
          outcome: 'fail',
          status: 403,
          code: '003',
        });
      },
    ],
    ['money from nowhere', 'ledger drift', (story) => story.books(1, 'CHARGE', 77, null)],
    [
      'a balance that is not the ledger’s',
      'ledger drift',
      (story) => void story.evidence.state.balances.set(1, 1),
    ],
    [
      'a balance that forgets what was known before',
      'ledger drift',
      (story) => {
        story.ask('balance', 1, 420, 430, { answered: { amount: 1000 } });
      },
    ],
    [
      '500',
      'wrong answer',
      (story) => {
        story.ask('check', 1, 500, 510, { outcome: 'unknown', status: 500, code: '500' });
      },
    ],
    [
      '503 without Retry-After',
      'wrong answer',
      (story) => {
        story.ask('check', 1, 500, 510, { outcome: 'unknown', status: 503, code: '503' });
      },
    ],
    [
      'a phase in which nothing succeeds',
      'no success',
      (story) => {
        story.evidence.phases.push({ name: 'dead', fromMs: 1000, toMs: 2000, faults: [] });
      },
    ],
  ]);
});
