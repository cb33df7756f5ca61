import { WaitingRoomMetrics } from '../../../src/modules/waiting-room/metrics';
import { Metrics } from '../../../src/platform/observability/metrics';
import { createLogger } from '../../../src/platform/observability/logger';
import { QueueStreams } from '../../../src/modules/waiting-room/streams/streams';
import type { QueueService } from '../../../src/modules/waiting-room/service';
import type { Claims } from '../../../src/modules/waiting-room/tokens/token';
import { testConfig } from '../../support/config';

/** Every stream is checked once in half a second. */
const ROUND_MS = 500;

describe('the timing of a stream', () => {
  /** Where the token stands, as its process' copy says. */
  let position: number;
  let sent: string[];
  let beats: number;
  let events: QueueStreams;

  beforeEach(async () => {
    jest.useFakeTimers();
    [position, sent, beats] = [4, [], 0];
    const at = (queuePosition: number) =>
      ({ status: 'WAITING', queuePosition, etaSeconds: 1, pollAfterMs: 1000 }) as const;
    const queue = {
      check: () => Promise.resolve(at(position)),
      poll: () => ({ status: 'WAITING', position }),
      describe: () => at(position),
    } as unknown as QueueService;
    events = new QueueStreams(
      queue,
      new WaitingRoomMetrics(new Metrics()),
      testConfig(),
      createLogger('silent', 'test'),
    );
    events.start();
    const open = await events.open({ jti: 'one' } as Claims);
    open({
      lastEventId: undefined,
      unsentBytes: 0,
      open: () => true,
      send: (event, id) => sent.push(`${event} ${id}`),
      beat: () => (beats += 1),
      end: () => undefined,
      drop: () => undefined,
      decline: () => undefined,
    });
    await jest.advanceTimersByTimeAsync(1000); // the next position is due
  });
  afterEach(async () => {
    const stopping = events.stop();
    await jest.advanceTimersByTimeAsync(ROUND_MS);
    await stopping;
    jest.useRealTimers();
  });

  it('a new position is sent within half a second, and not before a second after the last one', async () => {
    position = 3;
    await jest.advanceTimersByTimeAsync(ROUND_MS);
    expect(sent).toEqual(['position WAITING-4', 'position WAITING-3']);
    position = 2;
    await jest.advanceTimersByTimeAsync(ROUND_MS);
    expect(sent).toHaveLength(2);
    position = 1; // the second is skipped
    await jest.advanceTimersByTimeAsync(1000);
    expect(sent.slice(2)).toEqual(['position WAITING-1']);
  });

  it('only a heartbeat every 15 s is sent while the position stays', async () => {
    await jest.advanceTimersByTimeAsync(13_900);
    expect([sent.length, beats]).toEqual([1, 0]);
    await jest.advanceTimersByTimeAsync(ROUND_MS + 100);
    expect([sent.length, beats]).toEqual([1, 1]);
    await jest.advanceTimersByTimeAsync(15_000 + ROUND_MS);
    expect([sent.length, beats]).toEqual([1, 2]);
  });
});
