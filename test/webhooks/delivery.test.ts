import { paymentRefunded } from '../../src/modules/outbox/events';
import { appendEvents } from '../../src/modules/outbox/append';
import { ServiceProcess } from '../support/servers/process';
import { isGenuine } from '../support/servers/webhook-receiver';
import { until } from '../support/wait';
import { BY, ENV, Webhooks } from './support';

let webhooks: Webhooks;
beforeAll(async () => {
  webhooks = await Webhooks.open();
});
afterEach(() => webhooks.clear());
afterAll(() => webhooks.close());

describe('an event', () => {
  it('is posted to each webhook, signed, with the same id and body', async () => {
    const [a, b] = [await webhooks.receiver(), await webhooks.receiver()];
    const [first, second] = [await webhooks.service.add(BY, a.url), await webhooks.service.add(BY, b.url)];
    await webhooks.worker();
    const id = await webhooks.emit();
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
    const [event] = await webhooks.scratch.admin.query('SELECT event_id FROM outbox WHERE event_id = ?', [
      one.id,
    ]);
    expect(event).toBeDefined();
  });

  it('is posted to the webhooks that want its type, and to none that was added later', async () => {
    const [all, payments] = [await webhooks.receiver(), await webhooks.receiver()];
    await webhooks.service.add(BY, all.url);
    await webhooks.service.add(BY, payments.url, ['payment.completed']);
    await webhooks.worker();
    const held = await webhooks.emit();
    const paid = await webhooks.emit(undefined, true);
    await until('called', () => all.calls.length === 2 && payments.calls.length === 1);
    expect(all.reservations.sort((a, b) => a - b)).toEqual([held, paid]);
    expect(payments.reservations).toEqual([paid]);
    const late = await webhooks.receiver();
    await webhooks.service.add(BY, late.url);
    const next = await webhooks.emit();
    await until('the late one is called', () => late.calls.length === 1);
    expect(late.reservations).toEqual([next]);
  });

  it('of a refund is posted behind that of its payment', async () => {
    const { hook } = await webhooks.add({ types: ['payment.completed', 'payment.refunded'] });
    const id = await webhooks.emit(undefined, true);
    const what = { reservationId: id, orderId: 2, userId: 1, concertTitle: 'IU 🎤', seatPosition: 7 };
    await webhooks.scratch.admin.transaction((tx) =>
      appendEvents(tx, [paymentRefunded({ ...what, refundAmount: 100, canceledBy: 'operator' })]),
    );
    await webhooks.worker();
    await until('both are posted', () => hook.calls.length === 2);
    expect(hook.calls.map(({ data }) => data)).toMatchObject([
      { type: 'payment.completed', data: { paymentAmount: 100 } },
      { type: 'payment.refunded', data: { ...what, refundAmount: 100, canceledBy: 'operator' } },
    ]);
  });

  it('is posted again after a failure, with the same id and body and a signature that is fresh', async () => {
    const { hook, id, secret } = await webhooks.add();
    let failures = 2;
    hook.answer = (_req, res) => res.writeHead(failures-- > 0 ? 500 : 200).end();
    await webhooks.worker();
    await webhooks.emit();
    await until('delivered', async () => {
      await webhooks.pausesPass();
      return hook.calls.length >= 3 && (await webhooks.stateOf(id))?.pending === 0;
    });
    expect(new Set(hook.calls.map(({ id: webhookId, body }) => webhookId + body)).size).toBe(1);
    expect(hook.calls.map((call) => isGenuine(call, secret))).toEqual([true, true, true]);
    expect(
      (await webhooks.service.log(id, 10)).map(({ httpStatus, error, status }) => [
        httpStatus,
        error,
        status,
      ]),
    ).toEqual([
      [200, null, 'DELIVERED'],
      [500, 'it answered 500', 'DELIVERED'],
      [500, 'it answered 500', 'DELIVERED'],
    ]);
    expect(await webhooks.stateOf(id)).toMatchObject({ failures: 0, failingSince: null });
  });

  it('never overtakes an earlier one of its reservation, and waits for none of another', async () => {
    const { hook } = await webhooks.add();
    const [first, other] = [webhooks.newReservation(), webhooks.newReservation()];
    const tried: string[] = [];
    let isWell = false;
    hook.answer = (_req, res) => {
      const { data, type } = hook.calls.at(-1)?.data ?? { data: { reservationId: 0 }, type: '' };
      const fails = !isWell && data.reservationId === first;
      tried.push(`${data.reservationId === first ? 'first' : 'other'} ${type} ${fails ? 'failed' : 'ok'}`);
      res.writeHead(fails ? 500 : 200).end();
    };
    await webhooks.emit(first);
    await webhooks.emit(first, true);
    await webhooks.emit(other);
    await webhooks.worker();
    await until('the other one is delivered', async () => {
      await webhooks.pausesPass();
      return tried.includes('other reservation.held ok');
    });
    expect(tried.some((one) => one.startsWith('first payment'))).toBe(false);
    isWell = true;
    await until('all are delivered', async () => {
      await webhooks.pausesPass();
      return tried.includes('first payment.completed ok');
    });
    const ok = tried.filter((one) => one.startsWith('first') && one.endsWith('ok'));
    expect(ok).toEqual(['first reservation.held ok', 'first payment.completed ok']);
  });

  it('is given up after ten attempts, and can be sent again', async () => {
    const { hook, id } = await webhooks.add({ status: 400 });
    await webhooks.worker();
    await webhooks.emit();
    await until('given up', async () => {
      await webhooks.pausesPass();
      return (await webhooks.stateOf(id))?.failed === 1;
    });
    expect(hook.calls).toHaveLength(10);
    hook.answerWith(200);
    expect(await webhooks.service.replay(BY, id, { failed: true })).toBe(1);
    await webhooks.pausesPass();
    await until('delivered', () => hook.calls.length === 11);
    expect(new Set(hook.calls.map((call) => call.id)).size).toBe(1);
  });
});

describe('a webhook', () => {
  it('that does not answer holds up no other', async () => {
    const [silent, quick] = [await webhooks.receiver(), await webhooks.receiver()];
    silent.answer = () => undefined;
    await webhooks.service.add(BY, silent.url);
    await webhooks.service.add(BY, quick.url);
    await webhooks.worker();
    const ids = [];
    for (let i = 0; i < 30; i++) ids.push(await webhooks.emit());
    await until('the quick one has all', () => quick.calls.length === 30);
    expect(quick.reservations.sort((a, b) => a - b)).toEqual(ids);
    expect(silent.calls.length).toBeLessThanOrEqual(4); // at once, and none was answered
  });

  it('that fails is asked by one call at a time', async () => {
    const { hook, id } = await webhooks.add({ status: 503 });
    await webhooks.worker();
    for (let i = 0; i < 10; i++) await webhooks.emit();
    await until('it has failed', async () => ((await webhooks.stateOf(id))?.failures ?? 0) > 0);
    // The first ones were called at once.
    await until(
      'all of them',
      async () => (await webhooks.service.log(id, 100)).length === hook.calls.length,
    );
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
      await webhooks.pausesPass();
      return hook.calls.length >= before + 5;
    });
    expect(most).toBe(1);
  });
});

describe('two workers', () => {
  it('call each webhook once for each event', async () => {
    const { hook } = await webhooks.add();
    await webhooks.worker();
    await webhooks.worker();
    const ids = [];
    for (let i = 0; i < 40; i++) ids.push(await webhooks.emit());
    await until('all are delivered', () => new Set(hook.reservations).size === 40);
    expect(hook.reservations.sort((a, b) => a - b)).toEqual(ids);
  });

  it('lose nothing when one is killed between the call and its record: the next one repeats it with the same id', async () => {
    const { hook, id } = await webhooks.add();
    const answers: (() => void)[] = [];
    hook.answer = (_req, res) => answers.push(() => res.writeHead(200).end());
    const env = { ...ENV, ...webhooks.scratch.env, NODE_ENV: 'test' };
    const doomed = await new ServiceProcess(env).start();
    await webhooks.emit();
    await until('called', () => hook.calls.length === 1);
    await doomed.stop('SIGKILL'); // the receiver has acted, and nobody has recorded it
    hook.answerWith(200);
    await webhooks.worker();
    await until('called again', () => hook.calls.length === 2);
    await until('recorded', async () => (await webhooks.stateOf(id))?.pending === 0);
    expect(hook.calls[0]?.id).toBe(hook.calls[1]?.id);
    expect(hook.calls[0]?.body).toBe(hook.calls[1]?.body);
  });
});
