import { createHmac } from 'node:crypto';
import { createDecoder, createSigner, createVerifier } from 'fast-jwt';
import fc from 'fast-check';
import { Hs256 } from '../../src/platform/jwt';

const secret = 'a secret of at least thirty-two bytes';
const second = 'another secret of thirty-two bytes or more';
const jwt = new Hs256(secret);
const decode = createDecoder({ complete: true });
const theirSign = createSigner({ key: secret, algorithm: 'HS256' });
const theirVerify = createVerifier({ key: secret, algorithms: ['HS256'], ignoreExpiration: true });

/** A token whose signature is right, whatever `text` is. */
function signedText(text: string): string {
  const [header = ''] = jwt.sign({}).split('.');
  const signed = `${header}.${Buffer.from(text).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const claims = fc.record({
  userId: fc.nat(),
  q: fc.string(),
  note: fc.string({ unit: 'binary' }),
  iat: fc.nat(),
});

describe('tokens', () => {
  it('are what another implementation signs, and it accepts ours', () => {
    fc.assert(
      fc.property(claims, (given) => {
        expect(theirVerify(jwt.sign(given))).toEqual(given);
        expect(jwt.verify(theirSign(given))).toEqual(given);
      }),
    );
  });

  it('carry the id of their key, as the standard has it', () => {
    const { header } = decode(jwt.sign({})) as { header: { kid: string } };
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: expect.stringMatching(/^[\w-]{8}$/) as string });
    const withKid = createSigner({ key: secret, algorithm: 'HS256', kid: header.kid })({ userId: 1 });
    expect(jwt.verify(withKid)).toMatchObject({ userId: 1 });
  });

  it('are accepted with the second secret as well, and signed with the first alone', () => {
    const [before, after] = [new Hs256(secret), new Hs256(second, secret)];
    const [early, late] = [before.sign({ userId: 1 }), after.sign({ userId: 2 })];
    expect(after.verify(early)).toEqual({ userId: 1 });
    expect(after.verify(late)).toEqual({ userId: 2 });
    expect(before.verify(late)).toBeUndefined();
    expect(new Hs256(second).verify(early)).toBeUndefined();
    expect(after.verify(theirSign({ userId: 3 }))).toMatchObject({ userId: 3 }); // without an id: tried with each
    const [header = ''] = late.split('.');
    const [, ...rest] = early.split('.');
    expect(after.verify([header, ...rest].join('.'))).toBeUndefined(); // another key's id on it
  });

  it('are refused when any character was changed, added or taken away', () => {
    const token = jwt.sign({ userId: 1 });
    const chars = fc.string({
      minLength: 1,
      maxLength: 1,
      unit: fc.constantFrom('A', 'Q', 'e', 'y', '0', '9', '-', '_', '.', '=', 'é', ' '),
    });
    fc.assert(
      fc.property(fc.nat(token.length), fc.nat(2), chars, (at, removed, char) => {
        const changed = token.slice(0, at) + char + token.slice(at + removed);
        expect(jwt.verify(changed)).toEqual(changed === token ? { userId: 1 } : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['dots', '..'],
    ['text', 'no token at all, but as long as one that could have been signed by somebody somewhere'],
    ['a foreign secret', createSigner({ key: 'x'.repeat(48), algorithm: 'HS256' })({ userId: 1 })],
    ['another algorithm', createSigner({ key: secret, algorithm: 'HS512' })({ userId: 1 })],
    ['no algorithm', createSigner({ algorithm: 'none' })({ userId: 1 })],
    ['no JSON', signedText('not JSON')],
  ])('are refused: %s', (_, token) => {
    expect(jwt.verify(token)).toBeUndefined();
  });

  it('are refused when a character of the signature is another one with the same low byte', () => {
    const token = jwt.sign({ userId: 1 });
    const from = token.lastIndexOf('.') + 1;
    for (let at = from; at < token.length; at++)
      for (const high of [0x100, 0xff00]) {
        const alike = String.fromCharCode(token.charCodeAt(at) + high);
        expect(jwt.verify(token.slice(0, at) + alike + token.slice(at + 1))).toBeUndefined();
      }
  });

  it('are refused when their signature is written in another form of base64', () => {
    const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let userId = 1; userId <= 50; userId++) {
      const token = jwt.sign({ userId });
      const last = ALPHABET.indexOf(token.at(-1) ?? '');
      const bytes = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url');
      // The last character holds four bits of the signature and two bits of nothing.
      for (const bits of [1, 2, 3]) {
        const same = token.slice(0, -1) + (ALPHABET[last + bits] ?? '');
        expect(Buffer.from(same.slice(same.lastIndexOf('.') + 1), 'base64url')).toEqual(bytes);
        expect(jwt.verify(same)).toBeUndefined();
      }
      expect(jwt.verify(`${token}=`)).toBeUndefined();
      const plain = bytes.toString('base64').slice(0, -1);
      const classic = token.slice(0, -plain.length) + plain;
      expect(jwt.verify(classic)).toEqual(classic === token ? { userId } : undefined);
    }
  });
});
