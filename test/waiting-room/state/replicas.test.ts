import { QueueStore } from '../../../src/modules/waiting-room/state/store';
import type { RunningService } from '../../../src/service';
import { at } from '../../support/at';
import { uniqueQueueId } from '../../support/config';
import { checked, Crowd, mainRoom } from '../../support/clients/crowd';
import { startTestService } from '../../support/service';
import { until } from '../../support/wait';

describe('two processes of one queue', () => {
  let services: (RunningService & { url: string })[];
  let crowd: Crowd;

  beforeAll(async () => {
    const overrides = {
      QUEUE_ID: uniqueQueueId(),
      QUEUE_MAX_ACTIVE: 1,
      QUEUE_ADMISSION_INTERVAL_MS: 100,
      QUEUE_PRESENCE_TIMEOUT_SECONDS: 600,
      QUEUE_IDLE_TIMEOUT_SECONDS: 0,
    };
    services = await Promise.all([startTestService(overrides), startTestService(overrides)]);
    crowd = new Crowd(services);
    await crowd.come(300);
    await until('every snapshot has them', () => crowd.poll() === 299 && crowd.poll() === 299);
  });
  afterAll(() => Promise.all(services.map((service) => service.stop())));

  it('a poll at one process shows what the other has admitted', async () => {
    const [one, other] = [mainRoom(at(services, 0)), mainRoom(at(services, 1))];
    for (let i = 0; i < 8; i++) {
      const [active, next] = [at(crowd.entries, i), at(crowd.entries, i + 1)];
      await one.entries.endSession(active.seq);
      await until('the snapshot has the admission', () => other.poll(next)?.status === 'PROGRESS');
    }
  });

  it('polls of waiting users through the API send no command to Redis', async () => {
    const waiting = Array.from({ length: 100 }, (_, i) => crowd.user(100 + 2 * i));
    // Beside the polls each process asks Redis by its loops, but never for one token.
    const asked = jest.spyOn(QueueStore.prototype, 'resolve');
    const said = await Promise.all(waiting.map((buyer) => checked(buyer)));
    expect(new Set(said)).toEqual(new Set(['200 WAITING']));
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });
});
