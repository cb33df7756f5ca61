import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Backend, TcpBalancer } from '../../../lab/admission/balancer';
import { timelineOf, settleSeconds } from '../../../lab/admission/timeline';
import { readArguments } from '../../../lab/admission/options';
import { variablesOf } from '../../../lab/admission/scenarios';
import type { Second } from '../../../lab/admission/model/second';
import { until } from '../../support/wait';

describe('the timeline of a run', () => {
  const START_MS = 1_000_000;
  const metrics = (limit: number, move: string): Record<string, number> => ({
    'concert_queue_active_limit{queue="main"}': limit,
    'concert_queue_waiting{queue="main"}': 600,
    'concert_queue_active{queue="main"}': limit - 1,
    'concert_queue_controller_action{queue="main",action="increase"}': move === 'increase' ? 1 : 0,
    'concert_queue_controller_action{queue="main",action="back-off"}': move === 'back-off' ? 1 : 0,
    'concert_queue_controller_bottleneck{queue="main",signal="latency"}': 1,
  });
  const samples = [
    {
      at: 0,
      atMs: START_MS - 100,
      values: { ...metrics(30, 'increase'), 'concert_queue_admission_rate_limit{queue="main"}': 12.5 },
    },
    { at: 1, atMs: START_MS + 1500, values: metrics(20, 'back-off') },
  ];
  const asked = (afterMs: number, ms: number, status: number): string =>
    `timeline ${START_MS + afterMs} reserve ${ms} ${status}`;

  it('the timeline counts by second what happened during the load', () => {
    const lines = [
      `timeline ${START_MS - 1} visit`,
      `timeline ${START_MS} admitted`,
      ...Array.from({ length: 98 }, () => asked(500, 10, 200)),
      asked(999, 250.5, 409),
      asked(999, 300, 200),
      'level=warning msg="Request Failed"',
      asked(1000, 0, 0),
      asked(1001, 5, 503),
      asked(1002, 5, 404),
      `timeline ${START_MS + 1999} visit`,
      `timeline ${START_MS + 2000} visit`,
      '',
    ];
    const timeline = timelineOf(lines, samples, START_MS, 2);
    expect(timeline.seconds).toEqual([
      {
        at: 0,
        limit: 30,
        rate: 12.5,
        action: 'increase:latency',
        waiting: 600,
        active: 29,
        p99Ms: 250.5,
        requests: 100,
        failed: 0,
        admitted: 1,
        completed: 0,
      },
      {
        at: 1,
        limit: 20,
        rate: NaN,
        action: 'back-off:latency',
        waiting: 600,
        active: 19,
        p99Ms: 5,
        requests: 3,
        failed: 2,
        admitted: 0,
        completed: 1,
      },
    ]);
    expect(timeline.p99Ms).toBe(250.5);
  });

  const ofCaps = (limits: number[]): Second[] => limits.map((limit, at) => ({ at, limit }) as Second);
  const level = (limit: number, seconds: number): number[] => Array.from({ length: seconds }, () => limit);

  it('each stretch has the second at which its limit settled', () => {
    const limits = [30, 45, 68, ...level(100, 17), 50, 60, ...level(40, 18)];
    expect(settleSeconds(ofCaps(limits), [0, 20])).toEqual([3, 2]);
  });

  it('a sawtooth never settles', () => {
    const sawtooth = Array.from({ length: 40 }, (_, i) => 100 + 50 * (i % 3));
    expect(settleSeconds(ofCaps(sawtooth), [0])).toEqual([undefined]);
  });
});

describe('the balancer', () => {
  const servers: Server[] = [];
  let balancer: TcpBalancer;
  afterEach(async () => {
    await balancer.close();
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  async function backend(name: string): Promise<Backend & { isUp: boolean }> {
    const server = createServer((_, response) => response.end(name)).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const one = { port, isUp: true, isReady: () => Promise.resolve(one.isUp) };
    return one;
  }

  async function ask(agent?: Agent): Promise<string> {
    const request = get({ port: balancer.port, host: '127.0.0.1', agent: agent ?? false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const piece of response) text += String(piece);
    return text;
  }

  const askTimes = async (times: number, agent?: Agent): Promise<string> => {
    let announced = '';
    for (let i = 0; i < times; i++) announced += await ask(agent);
    return announced;
  };

  it('the balancer gives each connection to the next process, where it stays', async () => {
    balancer = await new TcpBalancer([await backend('a'), await backend('b')]).open();
    const before = Date.now();
    expect(await askTimes(4)).toBe('abab');
    expect(await balancer.firstAtMs).toBeGreaterThanOrEqual(before);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await askTimes(3, agent)).toBe('aaa');
    agent.destroy();
  });

  it('the balancer leaves out a process until it is ready', async () => {
    const [a, b] = [await backend('a'), await backend('b')];
    a.isUp = false;
    balancer = await new TcpBalancer([a, b]).open();
    expect(await askTimes(3)).toBe('bbb');
    a.isUp = true;
    await until('both are asked', async () => new Set(await askTimes(2)).size === 2);
  });
});

describe('npm run lab -- admission', () => {
  it('--seconds changes the length of a scenario and the times of its changes', () => {
    const wanted = readArguments(['c', 'e', '--seconds', '30', '--limits', '60,120']);
    expect(wanted.scenarios.map(({ changes, limits }) => [changes, limits])).toEqual([
      [
        [0, 10, 20],
        [60, 120],
      ],
      [[0], [60, 120]],
    ]);
    expect(wanted.scenarios.map(variablesOf)).toEqual([
      { USERS_ACTIVE: '700', THINK: '1', DATES: 'any', DURATION: '32s' },
      { DURATION_SCALE: '0.5' },
    ]);
  });

  it('an error names the argument that is wrong', () => {
    expect(() => readArguments(['z'])).toThrow('There is no scenario "z".');
    expect(() => readArguments(['--limits', '30,'])).toThrow('--limits must be a whole number from 1');
    // A timer that is to last longer than 25 days lasts no time at all.
    expect(() => readArguments(['--seconds', '9999999'])).toThrow('--seconds must be a whole number from 1');
  });
});
