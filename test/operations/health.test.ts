import { Health } from '../../src/modules/operations/health';
import { Database } from '../../src/platform/database/database';
import { useService } from '../support/suite';

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
});
