import type { Prepared } from '../../src/http/envelope';
import { concertEndpoints } from '../../src/modules/concert/routes';
import type { ConcertService } from '../../src/modules/concert/service';

describe('a list of seats, made once for all who read it', () => {
  it('holds no more memory than it is long, however short', async () => {
    const list = { json: '[{"seatId":1}]', etag: '"1"' };
    const concerts = { schedules: () => Promise.resolve(list) } as unknown as ConcertService;
    const handle = concertEndpoints(concerts)[0]?.handle as unknown as () => Promise<Prepared>;
    const { text } = await handle();
    expect(text.toString()).toBe('{"resultType":"SUCCESS","data":[{"seatId":1}],"exception":null}');
    expect((text as Buffer).buffer.byteLength).toBe(text.length);
    expect(await handle()).toBe(await handle());
  });
});
