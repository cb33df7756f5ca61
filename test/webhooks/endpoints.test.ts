import { WebhookSecrets } from '../../src/modules/webhooks/secrets';
import { testConfig } from '../support/config';
import { dataOf, givenOperator, OrganizerClient } from '../support/rows/organizer';
import { isGenuine } from '../support/servers/webhook-receiver';
import { startTestService } from '../support/service';
import { until } from '../support/wait';
import { BY, Webhooks } from './support';

let webhooks: Webhooks;
beforeAll(async () => {
  webhooks = await Webhooks.open();
});
afterEach(() => webhooks.clear());
afterAll(() => webhooks.close());

describe('webhooks on the management port', () => {
  let service: Awaited<ReturnType<typeof startTestService>>;
  let admin: OrganizerClient;
  beforeAll(async () => {
    const { scratch } = webhooks;
    service = await startTestService({ ...scratch.env, MANAGEMENT_PORT: 0 });
    const { key } = await givenOperator(scratch.admin, 'admin');
    admin = new OrganizerClient(service.managementUrl, key);
  });
  afterAll(() => service.stop());

  it('are added, listed, rotated, replayed, enabled and removed, and each act is written down without its secret', async () => {
    const url = 'https://hook.example/x';
    const added = await admin.post('webhooks', { url, types: ['payment.completed'], description: 'CRM' });
    const { webhookId, secret } = dataOf<{ webhookId: number; secret: string }>(added);
    expect(secret).toMatch(/^whsec_/);
    expect(dataOf(await admin.get('webhooks'))).toEqual([
      expect.objectContaining({ webhookId, url, types: ['payment.completed'], pending: 0, disabledAt: null }),
    ]);
    const rotated = await admin.post(`webhooks/${webhookId}/secret`, { keepHours: 2 });
    expect(dataOf<{ secret: string }>(rotated).secret).not.toBe(secret);
    expect(dataOf(await admin.post(`webhooks/${webhookId}/replay`, { failed: true }))).toEqual({ events: 0 });
    const since = '2026-11-29T10:00:00+09:00';
    expect(dataOf(await admin.post(`webhooks/${webhookId}/replay`, { since }))).toEqual({ events: 0 });
    expect(dataOf(await admin.get(`webhooks/${webhookId}/attempts`))).toEqual([]);
    expect((await admin.send('post', `webhooks/${webhookId}/activation`)).status).toBe(200);
    expect((await admin.post(`webhooks/${webhookId}/removal`, { reason: 'Moved' })).status).toBe(200);
    expect(dataOf(await admin.get('webhooks'))).toEqual([]);
    const audit = dataOf<{ act: string; before: unknown; after: unknown; reason: string | null }[]>(
      await admin.get(`audit?subject=webhook:${webhookId}`),
    );
    const state = { url, description: 'CRM', types: ['payment.completed'] };
    expect(audit.map(({ act }) => act)).toEqual([
      'webhook.remove',
      'webhook.enable',
      'webhook.replay',
      'webhook.replay',
      'webhook.rotate',
      'webhook.add',
    ]);
    expect(audit[0]).toMatchObject({ before: state, after: null, reason: 'Moved' });
    expect(audit[1]).toMatchObject({ before: { disabledReason: null } });
    expect(audit[2]).toMatchObject({ after: { events: 0 } });
    expect(audit[5]).toMatchObject({ before: null, after: state, reason: null });
    expect(JSON.stringify(audit)).not.toContain('whsec_');
  });

  it.each([
    ['webhooks', { url: 'http://10.0.0.1/' }, 400],
    ['webhooks', { url: 'https://hook.example', types: ['x'] }, 400],
    ['webhooks', {}, 400],
    ['webhooks/4711/secret', {}, 404],
    ['webhooks/4711/replay', { failed: true }, 404],
    ['webhooks/4711/replay', { eventId: 'x' }, 400],
    ['webhooks/4711/removal', {}, 404],
    ['webhooks/4711/removal', { why: 'x' }, 400],
    ['webhooks/4711/replay', { since: '9999-12-31T23:59:59-12:00' }, 400],
    ['webhooks/x/removal', {}, 404],
  ])('%s %j is %d', async (path, body, status) => {
    expect((await admin.post(path, body)).status).toBe(status);
  });
});

describe('a webhook', () => {
  it('is disabled when it has failed for WEBHOOK_DISABLE_AFTER_HOURS, and goes on when it is enabled', async () => {
    const { hook, id } = await webhooks.add({ status: 500 });
    await webhooks.worker();
    await webhooks.emit();
    await until('it fails', async () => ((await webhooks.stateOf(id))?.failures ?? 0) > 0);
    expect((await webhooks.stateOf(id))?.disabledAt).toBeNull();
    await webhooks.scratch.admin.execute(
      'UPDATE webhook_endpoint SET failing_since = NOW(3) - INTERVAL 73 HOUR',
    );
    await until('it is disabled', async () => {
      await webhooks.pausesPass();
      return webhooks.isDisabled(id);
    });
    const calls = hook.calls.length;
    const missed = await webhooks.emit(); // is not kept for it
    const since = new Date(Date.now() - 3_600_000);
    hook.answerWith(200);
    await until('the event is delivered elsewhere', async () => {
      const [row] = await webhooks.scratch.admin.query<{ open: number }>(
        'SELECT COUNT(*) AS open FROM outbox WHERE delivered_at IS NULL',
      );
      return row?.open === 0;
    });
    expect(hook.calls).toHaveLength(calls);
    await webhooks.service.enable(BY, id);
    await webhooks.service.replay(BY, id, { since });
    await until('what it has missed is sent', () => hook.reservations.includes(missed));
  });

  it('that says it is gone is disabled at once', async () => {
    const { hook, id } = await webhooks.add({ status: 410 });
    await webhooks.worker();
    await webhooks.emit();
    await until('it is disabled', () => webhooks.isDisabled(id));
    expect(await webhooks.stateOf(id)).toMatchObject({ disabledReason: 'it answered 410 Gone' });
    expect(hook.calls).toHaveLength(1);
  });

  it('has two secrets while they are changed', async () => {
    const { hook, id, secret: old } = await webhooks.add();
    const { secret } = await webhooks.service.rotate(BY, id, 24);
    await webhooks.worker();
    await webhooks.emit();
    await until('called', () => hook.calls.length === 1);
    await webhooks.scratch.admin.execute('UPDATE webhook_endpoint SET previous_until = NOW(3)');
    await webhooks.emit();
    await until('called again', () => hook.calls.length === 2);
    const [both, one] = hook.calls.map((call) => [isGenuine(call, secret), isGenuine(call, old)]);
    expect([both, one]).toEqual([
      [true, true],
      [true, false],
    ]);
  });

  it('that is removed is called no more', async () => {
    const { hook, id } = await webhooks.add({ status: 500 });
    await webhooks.worker();
    await webhooks.emit();
    await until('called', () => hook.calls.length > 0);
    await webhooks.service.remove(BY, id);
    expect(await webhooks.scratch.admin.query('SELECT * FROM webhook_attempt')).toEqual([]);
    await expect(webhooks.service.remove(BY, id)).rejects.toThrow(`The webhook ${id} does not exist.`);
  });
});

describe('the secret of a webhook', () => {
  const KEY = 'first-key-of-webhooks-0123456789-abcdef';
  const NEXT = 'second-key-of-webhooks-0123456789-uvwxyz';
  const stored = async (): Promise<string> =>
    (await webhooks.scratch.admin.query<{ secret: string }>('SELECT secret FROM webhook_endpoint'))[0]
      ?.secret ?? '';

  it('is encrypted in the database, and signs the calls all the same', async () => {
    const env = { WEBHOOK_ENCRYPTION_KEY: KEY };
    const { hook, id, secret } = await webhooks.add({ service: webhooks.serviceWith(env) });
    expect(await stored()).toMatch(/^enc1:/);
    expect(await stored()).not.toContain(secret.slice('whsec_'.length));
    await webhooks.worker(env);
    await webhooks.emit();
    await until('it is called', () => hook.calls.length === 1);
    const { secret: newer } = await webhooks.serviceWith(env).rotate(BY, id, 24);
    await webhooks.emit();
    await until('it is called again', () => hook.calls.length === 2);
    const [first, second] = hook.calls;
    if (first === undefined || second === undefined) throw new Error('not called');
    expect(isGenuine(first, secret)).toBe(true);
    expect([isGenuine(second, newer), isGenuine(second, secret)]).toEqual([true, true]);
  });

  it('goes to another key, and back to none, without a change for the receiver', async () => {
    const { hook, secret } = await webhooks.add();
    expect(await stored()).toBe(secret);
    const seen = new Set<string>();
    for (const env of [
      { WEBHOOK_ENCRYPTION_KEY: KEY },
      { WEBHOOK_ENCRYPTION_KEY: NEXT, WEBHOOK_ENCRYPTION_KEY_SECONDARY: KEY },
    ]) {
      expect(await webhooks.serviceWith(env).encrypt(BY)).toBe(1);
      seen.add(await stored());
    }
    expect(seen.size).toBe(2);
    await webhooks.worker({ WEBHOOK_ENCRYPTION_KEY: NEXT });
    await webhooks.emit();
    await until('it is called', () => hook.calls.length === 1);
    expect(hook.calls.map((call) => isGenuine(call, secret))).toEqual([true]);
    await webhooks.serviceWith({ WEBHOOK_ENCRYPTION_KEY_SECONDARY: NEXT }).encrypt(BY);
    expect(await stored()).toBe(secret);
  });

  it('that no key opens is named in the log of deliveries, and nothing is called unsigned', async () => {
    const service = webhooks.serviceWith({ WEBHOOK_ENCRYPTION_KEY: KEY });
    const { hook, id } = await webhooks.add({ service });
    await expect(webhooks.serviceWith({ WEBHOOK_ENCRYPTION_KEY: NEXT }).encrypt(BY)).rejects.toThrow(
      /cannot be decrypted/,
    );
    await webhooks.worker({ WEBHOOK_ENCRYPTION_KEY: NEXT });
    await webhooks.emit();
    await until('it has failed', async () => (await webhooks.service.log(id, 10)).length > 0);
    expect((await webhooks.service.log(id, 1))[0]).toMatchObject({
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
