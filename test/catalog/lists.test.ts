import { encode } from '../../src/modules/catalog/routes';

describe('a list made once for all its readers', () => {
  it('takes no more memory than its bytes, however short it is, and is encoded once', () => {
    const list = { json: '[{"seatId":1}]', etag: '"1"' };
    const { text } = encode(list);
    expect(text.toString()).toBe('{"resultType":"SUCCESS","data":[{"seatId":1}],"exception":null}');
    expect((text as Buffer).buffer.byteLength).toBe(text.length);
    expect(encode(list)).toBe(encode(list));
  });
});
