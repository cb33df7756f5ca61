import type { Prepared } from '../../src/http/envelope';
import { concertEndpoints } from '../../src/modules/concert/routes';
import type { ConcertService } from '../../src/modules/concert/service';

describe('a list of seats, made once for all who read it', () => {
  it('holds no more memory than it is long, however short', async () => {
    const list = { json: '[{"seatId":1}]', etag: '"1"' };
    const concerts = { schedules: () => Promise.resolve(list) } as unknown as ConcertService;
    const [schedules] = concertEndpoints(concerts);
    const ask = (): Promise<Prepared> => schedules?.handle({} as never) as Promise<Prepared>;
    const { text } = await ask();
    expect(text.toString()).toBe('{"resultType":"SUCCESS","data":[{"seatId":1}],"exception":null}');
    expect((text as Buffer).buffer.byteLength).toBe(text.length);
    expect(await ask()).toBe(await ask());
  });
});
