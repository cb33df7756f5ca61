import request from 'supertest';
import { Health } from '../../src/modules/operations/health';
import { Database, DatabaseUnavailable } from '../../src/platform/database/database';
import { DatabaseRefusals } from '../../src/platform/database/refusals';
import { LOGGER, type Logger } from '../../src/platform/observability/logger';
import { useService } from '../support/suite';

const mockShift = { ms: 0 };
jest.mock('../../src/common/clock', () => ({
  ...jest.requireActual<object>('../../src/common/clock'),
  monotonicMs: () => performance.now() + mockShift.ms,
}));

const WORDS = "The table 'payment' is full, as the test wants";
/** What MariaDB answers to an INSERT for which its tablespace has no page. */
const FULL = `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = "${WORDS}"`;

describe('readiness', () => {
  const app = useService();

  it('probes the stores once for all probes that arrive at once', async () => {
    const { container } = app.service;
    const asked = jest.spyOn(container.resolve(Database), 'execute');
    const reports = await Promise.all(Array.from({ length: 100 }, () => container.resolve(Health).report()));
    const probes = asked.mock.calls.filter(([sql]) => sql.includes("name = ''")).length;
    asked.mockRestore();
    expect(new Set(reports.map(({ status }) => status))).toEqual(new Set(['ready']));
    expect(probes).toBeLessThan(50); // the process also asks for itself, as often as its time has come meanwhile
  });

  it('says that the database is full for a minute after it has refused a row, and the log says it once', async () => {
    const { container } = app.service;
    const database = container.resolve(Database);
    const said = jest.spyOn(container.resolve<Logger>(LOGGER), 'error');
    for (let i = 0; i < 3; i++) await expect(database.execute(FULL)).rejects.toThrow(DatabaseUnavailable);
    const lines = said.mock.calls.filter(([what]) => (what as { why?: string }).why === WORDS);
    said.mockRestore();
    expect(lines.map(([, message]) => message)).toEqual(['the database is full: it takes no new rows']);
    const ready = await request(app.url).get('/health/ready');
    expect([ready.status, ready.body]).toMatchObject([
      200,
      { dependencies: { database: { status: 'down' } } },
    ]);
    expect(container.resolve(DatabaseRefusals).isFull).toBe(true);
    mockShift.ms = 61_000;
    expect(container.resolve(DatabaseRefusals).isFull).toBe(false);
    const { text } = await request(app.url).get('/metrics');
    expect(text).toMatch(/^concert_database_refusals_total\{kind="full"\} 3$/m);
    expect(text).toMatch(/^concert_database_refusals_total\{kind="incomplete"\} 0$/m);
  });
});
