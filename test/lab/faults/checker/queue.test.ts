import { itFinds } from './story';

describe('the checker of the fault suite, of the queue,', () => {
  itFinds([
    [
      'three active where two may be',
      'limit exceeded',
      (story) => {
        story.comes(3, 3, 20);
        story.enters(3, 22);
      },
    ],
    [
      'one who came later let in before',
      'order inversion',
      (story) => {
        story.evidence.activeLimit = 10;
        story.comes(3, 3, 20);
        for (let atMs = 500; atMs < 20_000; atMs += 500)
          story.ask('check', 3, atMs, atMs + 1, { answered: { status: 'WAITING' } });
        story.comes(4, 4, 100);
        story.enters(4, 9000);
        story.enters(3, 9100);
      },
    ],
    [
      'a later user with an earlier entry',
      'order inversion',
      (story) => {
        story.evidence.activeLimit = 10;
        story.comes(3, 4, 20);
        story.comes(4, 3, 100);
        story.enters(4, 110);
        story.enters(3, 120);
      },
    ],
    ['two users with one entry', 'entry lost', (story) => story.comes(3, 2, 20)],
    [
      'a genuine token called unknown',
      'entry lost',
      (story) => {
        story.ask('check', 2, 500, 510, { outcome: 'fail', status: 403, code: '001' });
      },
    ],
    [
      'a waiter called expired',
      'entry lost',
      (story) => {
        story.comes(3, 3, 20);
        story.ask('check', 3, 500, 510, { answered: { status: 'EXPIRED' } });
      },
    ],
  ]);
});
