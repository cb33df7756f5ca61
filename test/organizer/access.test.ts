import request from 'supertest';
import { ROLES, type Role } from '../../src/modules/organizer/operators/service';
import {
  dataOf,
  givenOperator,
  OrganizerClient,
  type OperatorKey,
  revokeOperator,
} from '../support/rows/organizer';
import { useService } from '../support/suite';
import { until } from '../support/wait';

const TOKEN = 'a-management-token-of-the-tests-with-more-than-32-bytes';
const REFUSED = [401, 403];
const LIVE = '/v1/admin/live/events';

type Method = 'get' | 'post' | 'patch' | 'put';

/** Every act of /v1/admin and /queues, and the least role that may do it. */
const ACTS: [string, Method, string, Role][] = [
  ['reads its own name', 'get', '/v1/admin/me', 'viewer'],
  ['lists concerts', 'get', '/v1/admin/concerts', 'viewer'],
  ['reads a concert', 'get', '/v1/admin/concerts/1', 'viewer'],
  ['makes a concert', 'post', '/v1/admin/concerts', 'admin'],
  ['edits a concert', 'patch', '/v1/admin/concerts/1', 'admin'],
  ['makes a schedule', 'post', '/v1/admin/concerts/1/schedules', 'admin'],
  ['lists schedules', 'get', '/v1/admin/schedules', 'viewer'],
  ['reads a schedule', 'get', '/v1/admin/schedules/1', 'viewer'],
  ['edits a schedule', 'patch', '/v1/admin/schedules/1', 'admin'],
  ['publishes a schedule', 'post', '/v1/admin/schedules/1/publication', 'admin'],
  ['opens or closes a sale', 'post', '/v1/admin/schedules/1/sale', 'operator'],
  ['blocks seats', 'post', '/v1/admin/schedules/1/blocks', 'operator'],
  ['cancels a schedule', 'post', '/v1/admin/schedules/1/cancellation', 'admin'],
  ['reads a cancellation', 'get', '/v1/admin/schedules/1/cancellation', 'viewer'],
  ['lists layouts', 'get', '/v1/admin/layouts', 'viewer'],
  ['reads a layout', 'get', '/v1/admin/layouts/1', 'viewer'],
  ['makes a layout', 'post', '/v1/admin/layouts', 'admin'],
  ['finds orders', 'get', '/v1/admin/orders', 'viewer'],
  ['reads an order', 'get', '/v1/admin/orders/1', 'viewer'],
  ['refunds an order', 'post', '/v1/admin/orders/1/refund', 'operator'],
  ['exports orders', 'get', '/v1/admin/exports/orders.csv', 'viewer'],
  ['exports seats', 'get', '/v1/admin/exports/seats.csv', 'viewer'],
  ['exports the ledger', 'get', '/v1/admin/exports/ledger.csv', 'viewer'],
  ['exports the audit', 'get', '/v1/admin/exports/audit.csv', 'viewer'],
  ['looks at the live view', 'get', '/v1/admin/live', 'viewer'],
  ['follows the live view', 'get', LIVE, 'viewer'],
  ['reads the audit', 'get', '/v1/admin/audit', 'viewer'],
  ['lists webhooks', 'get', '/v1/admin/webhooks', 'viewer'],
  ['adds a webhook', 'post', '/v1/admin/webhooks', 'admin'],
  ['reads the calls of a webhook', 'get', '/v1/admin/webhooks/1/attempts', 'viewer'],
  ['changes the secret of a webhook', 'post', '/v1/admin/webhooks/1/secret', 'admin'],
  ['sends events again', 'post', '/v1/admin/webhooks/1/replay', 'operator'],
  ['enables a webhook', 'post', '/v1/admin/webhooks/1/activation', 'operator'],
  ['removes a webhook', 'post', '/v1/admin/webhooks/1/removal', 'admin'],
  ['lists rehearsals', 'get', '/v1/admin/rehearsals', 'viewer'],
  ['asks for a rehearsal', 'post', '/v1/admin/rehearsals', 'admin'],
  ['takes a rehearsal back', 'post', '/v1/admin/rehearsals/1/cancellation', 'admin'],
  ['lets the test users of a rehearsal pass', 'post', '/v1/admin/rehearsals/1/pass', 'admin'],
  ['lists operators', 'get', '/v1/admin/operators', 'admin'],
  ['reads the opening of a queue', 'get', '/v1/admin/queues/1/opening', 'viewer'],
  ['sets the opening of a queue', 'put', '/v1/admin/queues/1/opening', 'admin'],
  ['commits to a secret', 'post', '/v1/admin/queues/1/opening/commitments', 'operator'],
  ['reveals a secret', 'post', '/v1/admin/queues/1/opening/secrets', 'operator'],
  ['reads the limits of queues', 'get', '/queues', 'viewer'],
  ['sets the limits of a queue', 'post', '/queues/none/admission', 'operator'],
  ['tells those who wait something', 'post', '/queues/none/notice', 'operator'],
];

describe('the management port', () => {
  const app = useService({ MANAGEMENT_PORT: 0, MANAGEMENT_TOKEN: TOKEN });
  let url: string;
  const keys = new Map<Role, OperatorKey>();
  beforeAll(async () => {
    url = app.managementUrl;
    for (const role of ROLES) keys.set(role, await givenOperator(app.admin, role));
  });
  const ask = (method: Method, path: string, key: string): request.Test => {
    // Rows with the number 1 are other tests'. A stream has no end: HEAD is answered by what would be its head.
    const own = path.replace(/\/1(?=\/|$)/, '/999999999');
    return request(url)[path === LIVE ? 'head' : method](own).set('Authorization', `Bearer ${key}`);
  };

  it('has no path under /v1/admin that is missing in this table of roles', async () => {
    const { paths } = (await request(url).get('/v1/admin/openapi.json')).body as {
      paths: Record<string, Record<string, unknown>>;
    };
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path.replace(/\{\w+\}/g, '1')}`),
    );
    const tested = ACTS.map(([, method, path]) => `${method} ${path}`).filter((act) =>
      act.includes('/v1/admin'),
    );
    expect(documented.sort()).toEqual(tested.sort());
  });

  describe.each(ACTS)('who %s', (_what, method, path, atLeast) => {
    it.each(ROLES)(`needs the role ${atLeast}: %s`, async (role) => {
      const { status } = await ask(method, path, keys.get(role)?.key ?? '');
      const may = ROLES.indexOf(role) >= ROLES.indexOf(atLeast);
      if (may) expect(REFUSED).not.toContain(status);
      else expect(status).toBe(403);
      expect(status).toBeLessThan(500);
    });

    it('may be the owner of MANAGEMENT_TOKEN, and nobody without a key', async () => {
      expect(REFUSED).not.toContain((await ask(method, path, TOKEN)).status);
      const wrong = ['', 'op_', `op_${'x'.repeat(43)}`, `${TOKEN}x`, `${keys.get('admin')?.key ?? ''}x`];
      for (const key of wrong) {
        const answer = await ask(method, path, key);
        expect([key, answer.status]).toEqual([key, 401]);
        expect(answer.headers['www-authenticate']).toContain('Bearer');
      }
      expect((await request(url)[method](path)).status).toBe(401);
    });
  });

  it('does not know the key of an operator that was revoked', async () => {
    const { name, key } = await givenOperator(app.admin, 'viewer');
    expect(dataOf(await ask('get', '/v1/admin/me', key))).toEqual({ name, role: 'viewer' });
    await revokeOperator(app.admin, name);
    expect((await ask('get', '/v1/admin/me', key)).status).toBe(401);
    const again = await givenOperator(app.admin, 'viewer');
    expect(again.key).not.toBe(key);
  });

  it('keeps no key where somebody could read it', async () => {
    const { key } = await givenOperator(app.admin, 'viewer');
    const stored = await app.admin.query<{ text: string }>(
      "SELECT CONCAT(name, HEX(key_hash)) AS text FROM operator UNION SELECT CONCAT(COALESCE(before_state, ''), COALESCE(after_state, '')) FROM audit",
    );
    expect(stored.filter(({ text }) => text.includes(key))).toEqual([]);
  });

  it('is not on the public port', async () => {
    for (const path of ['/v1/admin/me', '/v1/admin/openapi.json', '/queues'])
      expect((await request(app.url).get(path).set('Authorization', `Bearer ${TOKEN}`)).status).toBe(404);
  });

  it('writes down who set the limits of a queue, what they were and what was set', async () => {
    const { name, key } = keys.get('operator') ?? { name: '', key: '' };
    const command = { command: 'limit', value: 7 };
    const path = `/queues/${app.queueId}/admission`;
    dataOf(await ask('post', path, key).send(command));
    const viewer = new OrganizerClient(url, keys.get('viewer')?.key ?? '');
    const [entry] = await until('it is written down', async () => {
      const entries = dataOf<{ before: { activeLimit: number } }[]>(
        await viewer.get(`audit?subject=queue:${app.queueId}`),
      );
      return entries.length > 0 && entries;
    });
    expect(entry).toMatchObject({ actor: name, role: 'operator', act: 'queue.admission', after: command });
    expect(entry?.before.activeLimit).toBe(10_000);
    const [plan] = await app.admin.query<{ possible_keys: string }>(
      'EXPLAIN SELECT * FROM audit WHERE actor = ? ORDER BY id DESC LIMIT 100',
      [name],
    );
    expect(plan?.possible_keys).toContain('audit_by_actor');
    expect((await ask('post', path, key).send({ command: 'limit', value: 0 })).status).toBe(400);
  });
});
