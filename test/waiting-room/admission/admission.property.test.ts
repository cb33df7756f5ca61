import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import fc from 'fast-check';
import { ACTS, ComparedQueue, PROCESSES, type Step } from '../../support/queue/compared-queue';
import { Rooms } from '../../support/rows/rooms';
import { runs } from '../../support/runs';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const USERS = 8;
const EPOCH_MS = 1000;
const SPANS_MS = [10, 60, 100, 250, 400, 700, EPOCH_MS, 2500, 4000];

const steps = fc.array(
  fc.record<Step>({
    act: fc.constantFrom(...ACTS),
    process: fc.nat(PROCESSES - 1),
    user: fc.nat(USERS - 1),
    ms: fc.constantFrom(...SPANS_MS),
  }),
  { maxLength: 90, size: 'max' },
);
const setting = fc.record({
  limit: fc.integer({ min: 1, max: 3 }),
  idleMs: fc.constantFrom(0, 700, 1500),
  /** The first numbers lie in the first segment, across a border, or close to one. */
  start: fc.constantFrom(0, 65_531, 131_070),
});

describe('the waiting room, used by several processes and random users', () => {
  const time = useVirtualTime();

  it('follows the rules: the limit holds, present entries are admitted in order, positions are exact', async () => {
    await fc.assert(
      fc.asyncProperty(setting, steps, async ({ limit, idleMs, start }, program) => {
        const rules: QueueRules = {
          sessionMs: 3000,
          maxWaitMs: 9000,
          idleTimeoutMs: idleMs,
          presenceTimeoutMs: 2 * EPOCH_MS,
          admissionIntervalMs: 100,
          holdMs: 2000,
          holdRequestMs: 500,
        };
        const rooms = new Rooms(time.redis, rules, limit);
        const queue = await ComparedQueue.open(rooms, start, () => time.tell());
        try {
          for (const step of program) await queue.act(step);
        } finally {
          await rooms.lose();
        }
      }),
      { numRuns: runs(100) },
    );
  });
});
