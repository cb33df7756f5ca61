import type { EncodedResponse } from '../../src/http/envelope';
import { concertEndpoints } from '../../src/modules/catalog/routes';
import type { ConcertService } from '../../src/modules/catalog/service';

describe('a list of seats, made once for all who read it', () => {
  it('holds no more memory than it is long, however short', async () => {
    const list = { json: '[{"seatId":1}]', etag: '"1"' };
    const concerts = { schedules: () => Promise.resolve(list) } as unknown as ConcertService;
    const [schedules] = concertEndpoints(concerts);
    const ask = (): Promise<EncodedResponse> => schedules?.handle({} as never) as Promise<EncodedResponse>;
    const { text } = await ask();
    expect(text.toString()).toBe('{"resultType":"SUCCESS","data":[{"seatId":1}],"exception":null}');
    expect((text as Buffer).buffer.byteLength).toBe(text.length);
    expect(await ask()).toBe(await ask());
  });
});
