import { DeliveryHistory } from '../../src/modules/webhooks/history';
import { EndpointRepository } from '../../src/modules/webhooks/repository';
import { WebhookSecrets } from '../../src/modules/webhooks/secrets';
import { AuditRepository } from '../../src/modules/organizer/audit/repository';
import { WebhookService } from '../../src/modules/webhooks/service';
import { appendEvents } from '../../src/modules/outbox/append';
import { paymentDone, paymentRefunded, reservationMade } from '../../src/modules/outbox/events';
import { retry } from '../../src/common/retry';
import { testConfig } from '../support/config';
import { ServiceProcess } from '../support/servers/process';
import { Scratch } from '../support/rows/scratch';
import { startTestService } from '../support/service';
import { until } from '../support/wait';
import { isGenuine, WebhookReceiver } from '../support/servers/webhook-receiver';

const BY = { actor: { name: 'test', role: 'cli' } };

const ENV = {
  WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  WEBHOOK_TIMEOUT_MS: 60_000,
  OUTBOX_POLL_MS: 20,
  ROLE: 'worker',
};

let scratch: Scratch; // a worker calls the webhooks of its whole database
let webhooks: WebhookService;
let receivers: WebhookReceiver[] = [];
let stops: (() => Promise<unknown>)[] = [];
let reservations = 0;

beforeAll(async () => {
  scratch = await Scratch.migrated();
  webhooks = serviceWith(ENV);
});
afterAll(() => scratch.drop());
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()));
  await Promise.all(receivers.map((receiver) => receiver.close()));
  await scratch.admin.transaction((tx) => tx.execute('DELETE FROM webhook_endpoint'));
  stops = [];
  receivers = [];
});

async function receiver(): Promise<WebhookReceiver> {
  const one = await new WebhookReceiver().open();
  receivers.push(one);
  return one;
}

async function worker(more: Record<string, string | number> = {}): Promise<void> {
  const service = await startTestService({ ...ENV, ...scratch.env, ...more });
  stops.push(() => service.stop());
}

function serviceWith(env: Record<string, string | number>): WebhookService {
  const config = testConfig(env);
  return new WebhookService(
    scratch.app,
    new EndpointRepository(),
    new DeliveryHistory(scratch.app),
    new WebhookSecrets(config),
    new AuditRepository(scratch.app),
    config,
  );
}

/** Commits an event. @returns its reservation */
async function emit(reservationId = ++reservations, isPaid = false): Promise<number> {
  const common = { reservationId, userId: 1, concertTitle: 'IU 🎤', seatPosition: 7 };
  await scratch.admin.transaction((tx) =>
    appendEvents(tx, [
      isPaid
        ? paymentDone({ ...common, paymentAmount: 100 })
        : reservationMade({ ...common, heldUntil: '2026-11-29T10:00:00.000Z' }),
    ]),
  );
  return reservationId;
}

/** As if the pauses of all endpoints and deliveries had passed. */
async function pausesPass(): Promise<void> {
  const pass = async (): Promise<void> => {
    await scratch.admin.execute(
      "UPDATE webhook_delivery SET next_attempt_at = NOW(3) WHERE status = 'PENDING'",
    );
    await scratch.admin.execute('UPDATE webhook_endpoint SET retry_at = NULL');
  };
  await retry(pass, (_deadlockWithTheWorker, attempt) => (attempt < 100 ? 10 : undefined));
}

const stateOf = async (
  id: number,
): Promise<Awaited<ReturnType<WebhookService['list']>>[number] | undefined> =>
  (await webhooks.list()).find((endpoint) => endpoint.id === id);

describe('an event', () => {
  it('is posted to each webhook, signed, with the same id and body', async () => {
    const [a, b] = [await receiver(), await receiver()];
    const [first, second] = [await webhooks.add(BY, a.url), await webhooks.add(BY, b.url)];
    await worker();
    const id = await emit();
    await until('both are called', () => a.calls.length === 1 && b.calls.length === 1);
    const [one, other] = [a.calls[0], b.calls[0]];
    if (one === undefined || other === undefined) throw new Error('not called');
    expect([isGenuine(one, first.secret), isGenuine(other, second.secret)]).toEqual([true, true]);
    expect(isGenuine(one, second.secret)).toBe(false);
    expect([one.id, one.body]).toEqual([other.id, other.body]);
    expect(one.data).toMatchObject({
      type: 'reservation.held',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown,
      data: { reservationId: id, concertTitle: 'IU 🎤' },
    });
    const [event] = await scratch.admin.query('SELECT event_id FROM outbox WHERE event_id = ?', [one.id]);
    expect(event).toBeDefined();
  });

  it('is posted to the webhooks that want its type, and to none that was added later', async () => {
    const [all, payments] = [await receiver(), await receiver()];
    await webhooks.add(BY, all.url);
    await webhooks.add(BY, payments.url, ['payment.completed']);
    await worker();
    const held = await emit();
    const paid = await emit(undefined, true);
    await until('called', () => all.calls.length === 2 && payments.calls.length === 1);
    expect(all.reservations.sort((a, b) => a - b)).toEqual([held, paid]);
    expect(payments.reservations).toEqual([paid]);
    const late = await receiver();
    await webhooks.add(BY, late.url);
    const next = await emit();
    await until('the late one is called', () => late.calls.length === 1);
    expect(late.reservations).toEqual([next]);
  });

  it('of a refund is posted behind that of its payment', async () => {
    const hook = await receiver();
    await webhooks.add(BY, hook.url, ['payment.completed', 'payment.refunded']);
    const id = await emit(undefined, true);
    const what = { reservationId: id, orderId: 2, userId: 1, concertTitle: 'IU 🎤', seatPosition: 7 };
    await scratch.admin.transaction((tx) =>
      appendEvents(tx, [paymentRefunded({ ...what, refundAmount: 100, canceledBy: 'operator' })]),
    );
    await worker();
    await until('both are posted', () => hook.calls.length === 2);
    expect(hook.calls.map(({ data }) => data)).toMatchObject([
      { type: 'payment.completed', data: { paymentAmount: 100 } },
      { type: 'payment.refunded', data: { ...what, refundAmount: 100, canceledBy: 'operator' } },
    ]);
  });

  it('is posted again after a failure, with the same id and body and a signature that is fresh', async () => {
    const hook = await receiver();
    const { id, secret } = await webhooks.add(BY, hook.url);
    let failures = 2;
    hook.answer = (_req, res) => res.writeHead(failures-- > 0 ? 500 : 200).end();
    await worker();
    await emit();
    await until('delivered', async () => {
      await pausesPass();
      return hook.calls.length >= 3 && (await stateOf(id))?.pending === 0;
    });
    expect(new Set(hook.calls.map(({ id: webhookId, body }) => webhookId + body)).size).toBe(1);
    expect(hook.calls.map((call) => isGenuine(call, secret))).toEqual([true, true, true]);
    expect(
      (await webhooks.log(id, 10)).map(({ httpStatus, error, status }) => [httpStatus, error, status]),
    ).toEqual([
      [200, null, 'DELIVERED'],
      [500, 'it answered 500', 'DELIVERED'],
      [500, 'it answered 500', 'DELIVERED'],
    ]);
    expect(await stateOf(id)).toMatchObject({ failures: 0, failingSince: null });
  });

  it('never overtakes an earlier one of its reservation, and waits for none of another', async () => {
    const hook = await receiver();
    await webhooks.add(BY, hook.url);
    const [first, other] = [++reservations, ++reservations];
    const tried: string[] = [];
    let isWell = false;
    hook.answer = (_req, res) => {
      const { data, type } = hook.calls.at(-1)?.data ?? { data: { reservationId: 0 }, type: '' };
      const fails = !isWell && data.reservationId === first;
      tried.push(`${data.reservationId === first ? 'first' : 'other'} ${type} ${fails ? 'failed' : 'ok'}`);
      res.writeHead(fails ? 500 : 200).end();
    };
    await emit(first);
    await emit(first, true);
    await emit(other);
    await worker();
    await until('the other one is delivered', async () => {
      await pausesPass();
      return tried.includes('other reservation.held ok');
    });
    expect(tried.some((one) => one.startsWith('first payment'))).toBe(false);
    isWell = true;
    await until('all are delivered', async () => {
      await pausesPass();
      return tried.includes('first payment.completed ok');
    });
    const ok = tried.filter((one) => one.startsWith('first') && one.endsWith('ok'));
    expect(ok).toEqual(['first reservation.held ok', 'first payment.completed ok']);
  });

  it('is given up after ten attempts, and can be sent again', async () => {
    const hook = await receiver();
    const { id } = await webhooks.add(BY, hook.url);
    hook.answer = (_req, res) => res.writeHead(400).end();
    await worker();
    await emit();
    await until('given up', async () => {
      await pausesPass();
      return (await stateOf(id))?.failed === 1;
    });
    expect(hook.calls).toHaveLength(10);
    hook.answer = (_req, res) => res.writeHead(200).end();
    expect(await webhooks.replay(BY, id, { failed: true })).toBe(1);
    await pausesPass();
    await until('delivered', () => hook.calls.length === 11);
    expect(new Set(hook.calls.map((call) => call.id)).size).toBe(1);
  });
});

describe('a webhook', () => {
  it('that does not answer holds up no other', async () => {
    const [silent, quick] = [await receiver(), await receiver()];
    silent.answer = () => undefined;
    await webhooks.add(BY, silent.url);
    await webhooks.add(BY, quick.url);
    await worker();
    const ids = [];
    for (let i = 0; i < 30; i++) ids.push(await emit());
    await until('the quick one has all', () => quick.calls.length === 30);
    expect(quick.reservations.sort((a, b) => a - b)).toEqual(ids);
    expect(silent.calls.length).toBeLessThanOrEqual(4); // at once, and none was answered
  });

  it('that fails is asked by one call at a time', async () => {
    const hook = await receiver();
    const { id } = await webhooks.add(BY, hook.url);
    hook.answer = (_req, res) => res.writeHead(503).end();
    await worker();
    for (let i = 0; i < 10; i++) await emit();
    await until('it has failed', async () => ((await stateOf(id))?.failures ?? 0) > 0);
    // The first ones were called at once.
    await until('all of them', async () => (await webhooks.log(id, 100)).length === hook.calls.length);
    let open = 0;
    let most = 0;
    hook.answer = (_req, res) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        res.writeHead(503).end();
      }, 20);
    };
    const before = hook.calls.length;
    await until('it was asked more often', async () => {
      await pausesPass();
      return hook.calls.length >= before + 5;
    });
    expect(most).toBe(1);
  });

  it('is disabled when it has failed for WEBHOOK_DISABLE_AFTER_HOURS, and goes on when it is enabled', async () => {
    const hook = await receiver();
    const { id } = await webhooks.add(BY, hook.url);
    hook.answer = (_req, res) => res.writeHead(500).end();
    await worker();
    await emit();
    await until('it fails', async () => ((await stateOf(id))?.failures ?? 0) > 0);
    expect((await stateOf(id))?.disabledAt).toBeNull();
    await scratch.admin.execute('UPDATE webhook_endpoint SET failing_since = NOW(3) - INTERVAL 73 HOUR');
    await until('it is disabled', async () => {
      await pausesPass();
      return ((await stateOf(id))?.disabledAt ?? null) !== null;
    });
    const calls = hook.calls.length;
    const missed = await emit(); // is not kept for it
    const since = new Date(Date.now() - 3_600_000);
    hook.answer = (_req, res) => res.writeHead(200).end();
    await until('the event is delivered elsewhere', async () => {
      const [row] = await scratch.admin.query<{ open: number }>(
        'SELECT COUNT(*) AS open FROM outbox WHERE delivered_at IS NULL',
      );
      return row?.open === 0;
    });
    expect(hook.calls).toHaveLength(calls);
    await webhooks.enable(BY, id);
    await webhooks.replay(BY, id, { since });
    await until('what it has missed is sent', () => hook.reservations.includes(missed));
  });

  it('that says it is gone is disabled at once', async () => {
    const hook = await receiver();
    const { id } = await webhooks.add(BY, hook.url);
    hook.answer = (_req, res) => res.writeHead(410).end();
    await worker();
    await emit();
    await until('it is disabled', async () => ((await stateOf(id))?.disabledAt ?? null) !== null);
    expect(await stateOf(id)).toMatchObject({ disabledReason: 'it answered 410 Gone' });
    expect(hook.calls).toHaveLength(1);
  });

  it('has two secrets while they are changed', async () => {
    const hook = await receiver();
    const { id, secret: old } = await webhooks.add(BY, hook.url);
    const { secret } = await webhooks.rotate(BY, id, 24);
    await worker();
    await emit();
    await until('called', () => hook.calls.length === 1);
    await scratch.admin.execute('UPDATE webhook_endpoint SET previous_until = NOW(3)');
    await emit();
    await until('called again', () => hook.calls.length === 2);
    const [both, one] = hook.calls.map((call) => [isGenuine(call, secret), isGenuine(call, old)]);
    expect([both, one]).toEqual([
      [true, true],
      [true, false],
    ]);
  });

  it('that is removed is called no more', async () => {
    const hook = await receiver();
    const { id } = await webhooks.add(BY, hook.url);
    hook.answer = (_req, res) => res.writeHead(500).end();
    await worker();
    await emit();
    await until('called', () => hook.calls.length > 0);
    await webhooks.remove(BY, id);
    expect(await scratch.admin.query('SELECT * FROM webhook_attempt')).toEqual([]);
    await expect(webhooks.remove(BY, id)).rejects.toThrow(`The webhook ${id} does not exist.`);
  });
});

describe('two workers', () => {
  it('call each webhook once for each event', async () => {
    const hook = await receiver();
    await webhooks.add(BY, hook.url);
    await worker();
    await worker();
    const ids = [];
    for (let i = 0; i < 40; i++) ids.push(await emit());
    await until('all are delivered', () => new Set(hook.reservations).size === 40);
    expect(hook.reservations.sort((a, b) => a - b)).toEqual(ids);
  });

  it('lose nothing when one is killed between the call and its record: the next one repeats it with the same id', async () => {
    const hook = await receiver();
    const { id } = await webhooks.add(BY, hook.url);
    const answers: (() => void)[] = [];
    hook.answer = (_req, res) => answers.push(() => res.writeHead(200).end());
    const env = { ...ENV, ...scratch.env, NODE_ENV: 'test' };
    const doomed = await new ServiceProcess(env).start();
    await emit();
    await until('called', () => hook.calls.length === 1);
    await doomed.stop('SIGKILL'); // the receiver has acted, and nobody has recorded it
    hook.answer = (_req, res) => res.writeHead(200).end();
    await worker();
    await until('called again', () => hook.calls.length === 2);
    await until('recorded', async () => (await stateOf(id))?.pending === 0);
    expect(hook.calls[0]?.id).toBe(hook.calls[1]?.id);
    expect(hook.calls[0]?.body).toBe(hook.calls[1]?.body);
  });
});

describe('the secret of a webhook', () => {
  const KEY = 'first-key-of-webhooks-0123456789-abcdef';
  const NEXT = 'second-key-of-webhooks-0123456789-uvwxyz';
  const stored = async (): Promise<string> =>
    (await scratch.admin.query<{ secret: string }>('SELECT secret FROM webhook_endpoint'))[0]?.secret ?? '';

  it('is encrypted in the database, and signs the calls all the same', async () => {
    const hook = await receiver();
    const env = { ...ENV, WEBHOOK_ENCRYPTION_KEY: KEY };
    const { id, secret } = await serviceWith(env).add(BY, hook.url);
    expect(await stored()).toMatch(/^enc1:/);
    expect(await stored()).not.toContain(secret.slice('whsec_'.length));
    await worker(env);
    await emit();
    await until('it is called', () => hook.calls.length === 1);
    const { secret: newer } = await serviceWith(env).rotate(BY, id, 24);
    await emit();
    await until('it is called again', () => hook.calls.length === 2);
    const [first, second] = hook.calls;
    if (first === undefined || second === undefined) throw new Error('not called');
    expect(isGenuine(first, secret)).toBe(true);
    expect([isGenuine(second, newer), isGenuine(second, secret)]).toEqual([true, true]);
  });

  it('goes to another key, and back to none, without a change for the receiver', async () => {
    const hook = await receiver();
    const { secret } = await webhooks.add(BY, hook.url);
    expect(await stored()).toBe(secret);
    const seen = new Set<string>();
    for (const env of [
      { WEBHOOK_ENCRYPTION_KEY: KEY },
      { WEBHOOK_ENCRYPTION_KEY: NEXT, WEBHOOK_ENCRYPTION_KEY_SECONDARY: KEY },
    ]) {
      expect(await serviceWith({ ...ENV, ...env }).encrypt(BY)).toBe(1);
      seen.add(await stored());
    }
    expect(seen.size).toBe(2);
    await worker({ WEBHOOK_ENCRYPTION_KEY: NEXT });
    await emit();
    await until('it is called', () => hook.calls.length === 1);
    expect(hook.calls.map((call) => isGenuine(call, secret))).toEqual([true]);
    await serviceWith({ ...ENV, WEBHOOK_ENCRYPTION_KEY_SECONDARY: NEXT }).encrypt(BY);
    expect(await stored()).toBe(secret);
  });

  it('that no key opens is named in the log of deliveries, and nothing is called unsigned', async () => {
    const hook = await receiver();
    const { id } = await serviceWith({ ...ENV, WEBHOOK_ENCRYPTION_KEY: KEY }).add(BY, hook.url);
    await expect(serviceWith({ ...ENV, WEBHOOK_ENCRYPTION_KEY: NEXT }).encrypt(BY)).rejects.toThrow(
      /cannot be decrypted/,
    );
    await worker({ WEBHOOK_ENCRYPTION_KEY: NEXT });
    await emit();
    await until('it has failed', async () => (await webhooks.log(id, 10)).length > 0);
    expect((await webhooks.log(id, 1))[0]).toMatchObject({
      error: expect.stringMatching(/cannot be decrypted/) as unknown,
    });
    expect(hook.calls).toEqual([]);
  });

  it('is not opened for another URL, nor when a letter of it is changed', () => {
    const secrets = new WebhookSecrets(testConfig({ WEBHOOK_ENCRYPTION_KEY: KEY }));
    const sealed = secrets.seal('whsec_abc', 'https://one.example/');
    expect(secrets.open(sealed, 'https://one.example/')).toBe('whsec_abc');
    expect(() => secrets.open(sealed, 'https://other.example/')).toThrow(/cannot be decrypted/);
    const changed = sealed.slice(0, 20) + (sealed[20] === 'A' ? 'B' : 'A') + sealed.slice(21);
    expect(() => secrets.open(changed, 'https://one.example/')).toThrow(/cannot be decrypted/);
  });
});
