import { AdmissionStart } from '../../src/modules/rehearsal/admission-start';
import { RehearsalRepository } from '../../src/modules/rehearsal/repository';
import { AdaptiveLimit, controllerBounds } from '../../src/modules/waiting-room/admission/policy';
import { WaitingRoomMetrics } from '../../src/modules/waiting-room/metrics';
import { createLogger } from '../../src/platform/observability/logger';
import { Metrics } from '../../src/platform/observability/metrics';
import { testConfig } from '../support/config';
import { Scratch } from '../support/rows/scratch';
import { rehearsalsOf } from './rehearsals';

describe('the start of the admission controller', () => {
  let scratch: Scratch;

  beforeAll(async () => {
    scratch = await Scratch.migrated();
  });
  beforeEach(() => scratch.empty());
  afterAll(() => scratch.drop());

  /** A rehearsal that has found this many users. */
  const rehearsed = async (capacity: number, isLimit: boolean): Promise<void> => {
    const service = rehearsalsOf(scratch.admin);
    const wanted = { queueId: 'rehearsal', users: 1, seats: 1, waitMinutes: 1, real: null };
    await service.finish(await service.request(wanted), {
      targetMs: 200,
      p99Ms: 100,
      failedShare: 0,
      isKept: true,
      capacity: { users: capacity, isLimit },
      sold: 1,
      soldOutAfterSeconds: 1,
      perSecond: null,
      realSoldOutAfterSeconds: null,
      realSoldOutRange: null,
    });
  };

  /** As a process with these variables knows it, by the account of the application. */
  async function startWith(variables: Record<string, string | number> = {}): Promise<[number, unknown]> {
    const config = testConfig({ DATABASE_POOL_MAX: 32, ...variables });
    const limit = new AdaptiveLimit(controllerBounds(config));
    const metrics = new WaitingRoomMetrics(new Metrics());
    const logger = createLogger('silent', 'test');
    await new AdmissionStart(limit, new RehearsalRepository(scratch.app), metrics, config, logger).turn();
    return [limit.bounds.start, (await metrics.rehearsedCapacity.get()).values[0]?.value];
  }

  it('is ten for each connection as long as nothing was rehearsed', async () => {
    expect(await startWith()).toEqual([320, 0]);
  });

  it('is eight tenths of what the last rehearsal has found', async () => {
    await rehearsed(5000, true);
    await rehearsed(1001, true);
    expect(await startWith()).toEqual([800, 1001]);
  });

  it('is less than by default when less was found, and within its bounds', async () => {
    await rehearsed(100, true);
    expect(await startWith()).toEqual([80, 100]);
    expect(await startWith({ QUEUE_AUTO_MIN_ACTIVE: 90 })).toEqual([90, 100]);
  });

  it('is never less than by default when the rehearsal had too few users to find a limit', async () => {
    await rehearsed(100, false);
    expect(await startWith()).toEqual([320, 100]);
    await rehearsed(1000, false);
    expect(await startWith()).toEqual([800, 1000]);
  });

  it('is what is configured where something is', async () => {
    await rehearsed(1000, true);
    expect(await startWith({ QUEUE_AUTO_START_ACTIVE: 50 })).toEqual([50, 1000]);
  });
});
