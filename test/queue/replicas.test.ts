import type { RunningService } from '../../src/start';
import { Redis } from '../../src/infra/redis';
import { at } from '../support/at';
import { uniqueQueueId } from '../support/config';
import { checked, Crowd, mainRoom } from '../support/crowd';
import { startTestService } from '../support/service';
import { until, wait } from '../support/wait';

describe('two processes of one queue', () => {
  let services: (RunningService & { url: string })[];
  let crowd: Crowd;

  beforeAll(async () => {
    const overrides = { QUEUE_ID: uniqueQueueId(), QUEUE_MAX_ACTIVE: 1, QUEUE_TICK_MS: 100 };
    services = await Promise.all([startTestService(overrides), startTestService(overrides)]);
    crowd = new Crowd(services);
    await crowd.come(300);
    await wait(600);
  });
  afterAll(() => Promise.all(services.map((service) => service.stop())));

  it('the poll at one sees within 500 ms what the other has admitted', async () => {
    const [one, other] = [mainRoom(at(services, 0)), mainRoom(at(services, 1))];
    const took: number[] = [];
    for (let i = 0; i < 8; i++) {
      const [inside, next] = [at(crowd.places, i), at(crowd.places, i + 1)];
      await one.finish(inside.seq);
      const startedAt = performance.now();
      await until('the copy knows', () => other.look(next)?.status === 'PROGRESS');
      took.push(performance.now() - startedAt);
    }
    expect(Math.max(...took)).toBeLessThanOrEqual(500);
  });

  it('polls of waiters through the API cost no command', async () => {
    const redis = at(services, 0).container.resolve(Redis);
    const waiters = Array.from({ length: 100 }, (_, i) => crowd.member(100 + 2 * i));
    const sent = jest.spyOn(redis, 'sendCommand');
    const startedAt = performance.now();
    const said = await Promise.all(waiters.map((waiter) => checked(waiter)));
    const loops = 20 + ((performance.now() - startedAt) / 1000) * 20; // what the loops ask meanwhile
    const commands = sent.mock.calls.length;
    sent.mockRestore();
    expect(new Set(said)).toEqual(new Set(['200 WAITING']));
    expect(commands).toBeLessThan(Math.min(loops, waiters.length));
  });
});
