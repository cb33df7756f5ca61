import { Hs256 } from '../../../src/platform/jwt';
import { TokenCodec } from '../../../src/modules/waiting-room/tokens/token';

const SECRET = 'a secret of thirty-two bytes or more';
const T0 = 1_700_000_000_500;
const PLACE = { userId: 7, queueId: 'main', seq: 12, gen: 2, iatMs: T0 };

describe('queue tokens', () => {
  const codec = new TokenCodec(SECRET);
  const jwt = new Hs256(SECRET);
  const token = codec.sign(PLACE, 60_700);
  const claims = { ...PLACE, jti: 'main-2-12', iat: 1_700_000_000, exp: 1_700_000_062 };
  const signed = (changes: object): string => jwt.sign({ ...claims, ...changes });

  it('carry the entry, and the times of issue and expiry', () => {
    expect(codec.read(token)).toEqual(claims);
    expect(codec.sign(PLACE, 60_700)).toBe(token); // to the letter
  });

  it('of version 0.1, which called the queue q, are valid', () => {
    const { queueId, ...others } = claims;
    expect(codec.read(jwt.sign({ ...others, q: queueId }))).toMatchObject(claims);
    expect(() => codec.read(jwt.sign({ ...others, q: 1 }))).toThrow('The queue token is malformed.');
  });

  it('are verified at the first two polls; later polls use the remembered claims', () => {
    const own = new TokenCodec(SECRET);
    const verify = jest.spyOn(Hs256.prototype, 'verify');
    for (let poll = 0; poll < 5; poll++) expect(own.read(token)).toEqual(claims);
    expect(verify).toHaveBeenCalledTimes(2);
    verify.mockRestore();
  });

  it('are verified each time when more users poll than can be remembered', () => {
    const own = new TokenCodec(SECRET);
    const crowd = Array.from({ length: 70_000 }, (_, i) => codec.sign({ ...PLACE, seq: i + 1 }, 60_700));
    for (const each of crowd) own.read(each);
    const verify = jest.spyOn(Hs256.prototype, 'verify');
    expect(own.read(crowd[0] ?? '').seq).toBe(1); // another entry has taken its slot since
    expect(own.read(crowd[69_999] ?? '').seq).toBe(70_000);
    expect(own.read(crowd[69_999] ?? '').seq).toBe(70_000);
    expect(verify).toHaveBeenCalledTimes(2);
    verify.mockRestore();
  });

  it.each<[string, string]>([
    ['of another secret', new TokenCodec('another secret of thirty-two bytes').sign(PLACE, 1000)],
    ['that is none', 'abc'],
    ['changed', `${token.slice(0, -1)}${token.endsWith('A') ? 'E' : 'A'}`],
    ['longer than any', jwt.sign({ ...claims, more: 'x'.repeat(1024) })],
  ])('%s are refused', (_what, text) => {
    expect(() => codec.read(text)).toThrow('The queue token is malformed or not signed by us.');
  });

  it('may be 1024 characters long, and no longer', () => {
    let text = '';
    for (let size = 0; text.length < 1024; size++) text = signed({ more: 'x'.repeat(size) });
    expect(text).toHaveLength(1024);
    expect(codec.read(text).seq).toBe(12);
  });

  it.each<[string, object]>([
    ['no user', { userId: undefined }],
    ['a user that is no number', { userId: '7' }],
    ['user 0', { userId: 0 }],
    ['half a place', { seq: 1.5 }],
    ['no generation', { gen: null }],
    ['no time', { iatMs: undefined }],
    ['no queue', { queueId: 5 }],
    ['no id', { jti: undefined }],
  ])('signed by us, but with %s, are refused', (_what, changes) => {
    expect(() => codec.read(signed(changes))).toThrow('The queue token is malformed.');
  });

  it.each([null, 7, 'text', []])('that contain only %j are refused', (said) => {
    expect(() => codec.read(jwt.sign(said as object))).toThrow(/The queue token is malformed/);
  });

  it('of the first entry and generation are valid', () => {
    const first = { ...PLACE, userId: 1, seq: 1, gen: 1, iatMs: 1 };
    expect(codec.read(codec.sign(first, 0))).toMatchObject(first);
  });

  it('signed with the secondary secret are valid', () => {
    const other = 'another secret of thirty-two bytes';
    expect(new TokenCodec(other, SECRET).read(token)).toEqual(claims);
    expect(() => new TokenCodec(other).read(token)).toThrow('not signed by us');
  });

  describe('and stream tokens', () => {
    const ticket = codec.signStreamToken(claims, T0 + 1000.7);
    const ticketOf = (changes: object): string =>
      jwt.sign({ purpose: 'queue-events', untilMs: T0, token: claims, ...changes });

    it('are valid for the holder of the token until they expire', () => {
      expect(codec.readStreamToken(ticket, T0 + 999)).toEqual(claims);
      expect(() => codec.readStreamToken(ticket, T0 + 1000)).toThrow(
        'The stream token has expired: ask for a new one.',
      );
    });

    it('do not pass for each other', () => {
      expect(() => codec.read(ticket)).toThrow('The queue token is malformed.');
      expect(() => codec.readStreamToken(token, T0)).toThrow('The stream token is malformed.');
    });

    it.each<[string, object]>([
      ['for something else', { purpose: 'payment' }],
      ['without an end', { untilMs: undefined }],
      ['without a token', { token: undefined }],
      ['of a token that is none', { token: { ...claims, seq: 'x' } }],
    ])('%s are refused', (_what, changes) => {
      expect(() => codec.readStreamToken(ticketOf(changes), 1)).toThrow('The stream token is malformed.');
    });

    it.each([null, 7])('that contain only %j are refused', (said) => {
      expect(() => codec.readStreamToken(jwt.sign(said as unknown as object), 1)).toThrow(
        /The stream token is malformed/,
      );
    });

    it('not signed by us are refused', () => {
      expect(() => codec.readStreamToken('abc', 1)).toThrow(
        'The stream token is malformed or not signed by us.',
      );
    });
  });
});
