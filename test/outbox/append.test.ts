import type { SqlParam, SqlWriter } from '../../src/platform/database/database';
import { appendEvents } from '../../src/modules/outbox/append';

const VERSION_7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

describe('the ids of events', () => {
  it('are UUIDs of version 7, each once, that begin with the time in order', async () => {
    const inserted: SqlParam[][] = [];
    const tx = {
      insertRows: (_sql: string, rows: SqlParam[][]) => Promise.resolve(inserted.push(...rows)),
    } as unknown as SqlWriter;
    const events = Array.from({ length: 20 }, () => ({ topic: 't', partitionKey: '1', payload: {} }));
    const sinceMs = Math.floor(performance.timeOrigin + performance.now());
    for (let i = 0; i < 10; i++) await appendEvents(tx, events);
    const untilMs = performance.timeOrigin + performance.now();
    const ids = inserted.map(([id]) => String(id));
    expect(new Set(ids).size).toBe(200);
    for (const id of ids) expect(id).toMatch(VERSION_7);
    const times = ids.map((id) => parseInt(id.replace('-', '').slice(0, 12), 16));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times[0]).toBeGreaterThanOrEqual(sinceMs);
    expect(times.at(-1)).toBeLessThanOrEqual(untilMs);
  });
});
