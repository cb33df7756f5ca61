import { actedAgain } from '../../../../lab/faults/checker/events';
import type { PhaseRecord } from '../../../../lab/faults/observed/evidence';
import { checksOf, itFinds, partyStory } from './story';

describe('the checker of the fault suite, of events,', () => {
  it('finds a refund without its events, and one that did not give the money back', () => {
    const silent = partyStory();
    const { events } = silent.evidence.state;
    events.splice(
      events.findIndex(({ topic, reservationId }) => topic === 'refund-notification' && reservationId === 12),
      1,
    );
    expect(checksOf(silent)).toContain('event lost');
    const poor = partyStory();
    poor.evidence.state.ledger.pop();
    expect(checksOf(poor)).toContain('lost 2xx');
  });

  itFinds([
    [
      'an event that was never delivered',
      'event lost',
      (story) => {
        for (const event of story.evidence.state.events.slice(0, 1)) event.delivered = false;
      },
    ],
    ['an event that never acted', 'event lost', (story) => void story.evidence.calls.pop()],
    [
      'an act of no event',
      'phantom event',
      (story) => void story.evidence.calls.push({ key: 'nothing', atMs: 500 }),
    ],
    ['a sale without an event', 'event lost', (story) => void story.evidence.state.events.pop()],
  ]);
});

describe('events that act again', () => {
  const calls = [1000, 1500].map((atMs) => ({ key: 'event', atMs }));
  const hitting = (target: string): PhaseRecord => ({
    name: target,
    fromMs: 0,
    toMs: 20_000,
    faults: [{ nemesis: 'kill', what: 'kill -9', target, fromMs: 1100, untilMs: 1400 }],
  });

  it('are found, unless a fault can have broken off the first act', () => {
    expect(actedAgain({ calls, phases: [] })).toEqual(['event']);
    expect(actedAgain({ calls, phases: [hitting('kafka'), hitting('api0-mariadb')] })).toEqual(['event']);
    expect(actedAgain({ calls, phases: [hitting('worker1')] })).toEqual([]);
    expect(actedAgain({ calls, phases: [hitting('mariadb')] })).toEqual([]);
    expect(actedAgain({ calls: calls.slice(0, 1), phases: [] })).toEqual([]);
  });
});
