import { execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import request from 'supertest';
import { RehearsalRequests } from '../../src/modules/rehearsal/requests';
import type { Stage } from '../../src/modules/rehearsal/schema';
import { RunnerLock } from '../../src/modules/rehearsal/runner-lock';
import type { RehearsalService } from '../../src/modules/rehearsal/service';
import { at } from '../support/at';
import { Buyer } from '../support/clients/buyer';
import { expectInvariants } from '../support/invariants';
import { Given } from '../support/rows/given';
import { givenOperator, OrganizerClient } from '../support/rows/organizer';
import { Scratch } from '../support/rows/scratch';
import { startTestService } from '../support/service';
import { runTool } from '../support/servers/tool';
import { until } from '../support/wait';
import { rehearsalsOf } from './rehearsals';

const QUEUE = `rehearsal-${randomBytes(4).toString('hex')}`;
const ROOT = join(__dirname, '../..');
const BUSY = `${QUEUE}-busy`;
const USERS = 'member'; // words-allow: member
/** What a rehearsal may leave: its own record, the log of its queue, and the leases of workers. */
const MAY_GROW = /^(rehearsal|migration|transparency_\w+|outbox_lease|queue_state)$/;

describe('a rehearsal', () => {
  let scratch: Scratch;
  let service: Awaited<ReturnType<typeof startTestService>>;
  let rehearsals: RehearsalService;

  beforeAll(async () => {
    scratch = await Scratch.migrated();
    rehearsals = rehearsalsOf(scratch.admin);
    service = await startTestService({
      DATABASE_URL: scratch.appUrl,
      DATABASE_ADMIN_URL: scratch.adminUrl,
      QUEUES: `${QUEUE}=100,${BUSY}=100`,
    });
  });
  afterAll(async () => {
    await service.stop();
    await scratch.drop();
  });

  const prepare = async (users: number, seats: number): Promise<Stage> => {
    const wanted = { queueId: QUEUE, users, seats, waitMinutes: 1, real: null };
    return rehearsals.prepare(await rehearsals.request(wanted));
  };
  const rows = async (): Promise<Record<string, number>> => {
    const tables = (await scratch.tables()).filter((table) => !MAY_GROW.test(table));
    const counts = tables.map(async (table): Promise<[string, number]> => {
      const [row] = await scratch.admin.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`);
      return [table, row?.n ?? -1];
    });
    return Object.fromEntries(await Promise.all(counts));
  };
  const eventsAreDone = (): Promise<unknown> =>
    until('all events are handled', async () => {
      const [row] = await scratch.admin.query<{ n: number }>(
        'SELECT COUNT(*) AS n FROM outbox WHERE delivered_at IS NULL',
      );
      return row?.n === 0;
    });
  const enter = async (userId: number, queueId: string): Promise<Buyer> => {
    const buyer = new Buyer(service.url, userId);
    const answer = await request(service.url).post('/v1/api/queue/token').send({ userId, queueId });
    buyer.token = (answer.body as { data: { queueToken: string } }).data.queueToken;
    await until('it is active', async () => {
      const { data } = (await buyer.check()).body as { data: { status: string } };
      return data.status === 'PROGRESS';
    });
    return buyer;
  };
  const seatsOf = async (
    buyer: Buyer,
    { scheduleId }: Stage,
  ): Promise<{ seatId: number; amount: number }[]> =>
    ((await buyer.seats(scheduleId)).body as { data: { seatId: number; amount: number }[] }).data;

  /** What an operator who requests a rehearsal reads. */
  const refusal = async (key: string, queueId: string): Promise<unknown> => {
    const operator = new OrganizerClient(service.managementUrl, key);
    const wanted = { queueId, users: 1, seats: 1, reason: 'before the sale' };
    const answer = await operator.post('rehearsals', wanted).expect(409);
    return (answer.body as { exception: { message: unknown } }).exception.message;
  };

  it('sells hidden seats to test users, and leaves nothing behind but its record', async () => {
    const given = new Given(scratch.admin);
    const shown = await given.scheduleWithSeats(2);
    const before = await rows();
    const stage = await prepare(1203, 5);
    const realUser = await given.user(100);
    expect(realUser).toBeGreaterThan(stage.firstUserId + stage.users - 1);

    const first = await enter(stage.firstUserId, QUEUE);
    const last = await enter(stage.firstUserId + stage.users - 1, QUEUE);
    const listed = ((await first.schedules()).body as { data: { scheduleId: number }[] }).data;
    expect(listed.map(({ scheduleId }) => scheduleId)).toEqual([shown.id]);
    const seats = await seatsOf(first, stage);
    expect(seats).toHaveLength(5);
    const { seatId, amount } = at(seats, 0);
    await first.charge(amount).expect(200);
    await first.pay(await first.hold(stage.scheduleId, seatId)).expect(200);
    await last.hold(stage.scheduleId, at(seats, 1).seatId);
    await eventsAreDone();
    const during = await rows();
    expect(during).toMatchObject({ payment: 1, orders: 2, reservation: 2, outbox: 3, notification: 3 });
    expect(during[USERS]).toBe((before[USERS] ?? 0) + stage.users + 1);

    await expect(rehearsals.removeAll()).resolves.toBe(1);
    expect(await rows()).toEqual({ ...before, [USERS]: (before[USERS] ?? 0) + 1, payment_history: 1 });
    await expectInvariants({ database: scratch.admin });
    await expect(rehearsals.removeAll()).resolves.toBe(0);
  });

  it('that was ended by force is removed by the next one, and by the command', async () => {
    const before = await rows();
    const lost = await prepare(10, 3);
    const next = await prepare(1, 1);
    expect(next.firstUserId).toBeGreaterThan(lost.firstUserId + lost.users);
    expect(await rows()).toMatchObject({
      [USERS]: (before[USERS] ?? 0) + 1,
      concert_seat: (before.concert_seat ?? 0) + 1,
    });
    const removed = await runTool('rehearsal', ['remove'], scratch.env);
    expect(removed).toMatchObject({ code: 0, stdout: '{"removed":1}\n' });
    expect(await rows()).toEqual(before);
  });

  it('is one at a time, also when several are asked for in the same moment', async () => {
    const requests = new RehearsalRequests(scratch.app);
    const wanted = { queueId: QUEUE, users: 1, seats: 1, waitMinutes: 1, real: null };
    const ids = await Promise.all(Array.from({ length: 8 }, () => requests.request(wanted, 'two operators')));
    const [id = 0, ...others] = ids.filter((each) => each !== undefined);
    expect(others).toEqual([]);
    await rehearsals.finish(id, 'as the test wants');
    const next = await requests.request(wanted, 'a third operator');
    expect(next).toBeGreaterThan(id);
    await rehearsals.finish(next ?? 0, 'as the test wants');
  });

  it('is left alone while its runner is at work, and others learn whose it is and how long it lasts', async () => {
    const lock = new RunnerLock(scratch.admin);
    expect(await lock.hold()).toBe(true);
    const wanted = { queueId: QUEUE, users: 1, seats: 1, waitMinutes: 3, real: null };
    const own = rehearsalsOf(scratch.admin, lock);
    const { rehearsalId } = await own.prepare(await own.request(wanted));
    const time = '\\d{4}-\\d\\d-\\d\\dT\\S+';
    const whose = `^Rehearsal ${rehearsalId} in queue ${QUEUE}, requested by the command line at ${time}, began at ${time}`;
    const runs = new RegExp(
      `${whose}, and its users wait until ${time} at the latest. The lock of its runner lasts until ${time}, and longer`,
    );
    await expect(rehearsals.request(wanted)).rejects.toThrow(runs);
    await expect(rehearsals.removeAll()).rejects.toThrow(runs);
    const { key } = await givenOperator(scratch.admin, 'admin');
    expect(await refusal(key, QUEUE)).toMatch(runs);
    await lock.release(); // as if it had been killed: its lease is over
    expect(await refusal(key, QUEUE)).toMatch(new RegExp(`${whose}, but its runner is gone: .*--cleanup`));
    await expect(rehearsals.removeAll()).resolves.toBe(1);
  });

  it('has one runner at a time, whose lock ends with its process', async () => {
    const tool = join(ROOT, 'dist/cli/rehearsal.js');
    const keeper = spawn(process.execPath, [tool, 'keep', '--runner', randomUUID()], {
      env: { ...process.env, ...scratch.env },
    });
    const ended = once(keeper, 'exit');
    const [said] = (await Promise.race([once(keeper.stdout, 'data'), ended])) as unknown[];
    expect(String(said)).toBe('{}\n');
    keeper.kill('SIGINT'); // Ctrl-C reaches it as well: the runner still removes what it has made
    await expect(rehearsals.removeAll()).rejects.toThrow('A runner is removing what a rehearsal had made.');
    keeper.stdin.end();
    expect(await ended).toEqual([0, null]);
    await expect(rehearsals.removeAll()).resolves.toBe(0);
  });

  it('is refused in a queue where users still are, on the page and by the command', async () => {
    const user = await new Given(scratch.admin).user();
    await enter(user, BUSY);
    const status = async (): Promise<{ active: number }> =>
      ((await request(service.url).get(`/v1/api/queues/${BUSY}/status`)).body as { data: { active: number } })
        .data;
    await until('the snapshot has the user', async () => (await status()).active === 1);
    const { key, name } = await givenOperator(scratch.admin, 'admin');
    const users = `Queue ${BUSY} has 1 active and 0 waiting users`;
    expect(await refusal(key, BUSY)).toBe(`${users}: a rehearsal needs a queue that no buyer is in.`);
    const last =
      'INSERT INTO rehearsal (queue_id, user_count, requested_by, ended_at) VALUES (?, 1, ?, NOW(3))';
    const { insertId } = await scratch.admin.execute(last, [BUSY, name]);
    const ofLast = `${users}, of rehearsal ${insertId}, requested by ${name}, which ended at `;
    expect(await refusal(key, BUSY)).toMatch(
      new RegExp(`^${ofLast}\\S+\\. The queue is free at \\S+ at the latest\\.$`),
    );
    const args = ['k6/runner/main.ts', 'rehearse', '--users', '1', '--seats', '1', '--queue', BUSY];
    const env = { ...process.env, ...scratch.env, BASE_URL: service.url };
    const said = await new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: ROOT, env }, (error, _, stderr) => {
        resolve([error?.code, stderr]);
      });
    });
    expect(said).toEqual([1, expect.stringContaining(ofLast)]);
  });

  it('notifies nobody and calls no webhook', async () => {
    await scratch.admin.execute(
      "INSERT INTO webhook_endpoint (url, secret) VALUES ('http://127.0.0.1:9/', 'x')",
    );
    const { firstUserId, scheduleId, users } = await prepare(1, 1);
    expect(users).toBe(1);
    const buyer = await enter(firstUserId, QUEUE);
    const metric = async (): Promise<string[]> => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return text
        .split('\n')
        .filter((line) => line.startsWith('concert_events_total') && line.includes('rehearsed'));
    };
    await buyer.hold(
      scheduleId,
      at(await seatsOf(buyer, { rehearsalId: 0, scheduleId, firstUserId, users }), 0).seatId,
    );
    await eventsAreDone();
    expect(await metric()).not.toEqual([]);
    const deliveries = await scratch.admin.query('SELECT id FROM webhook_delivery');
    expect(deliveries).toEqual([]);
    await rehearsals.removeAll();
  });
});
