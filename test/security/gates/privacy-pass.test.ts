import { constants, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import request, { type Response } from 'supertest';
import { parsePrivacyPassKeys, type PrivacyPassKey } from '../../../src/config/privacy-pass-key';
import { PrivateTokenRefused } from '../../../src/modules/waiting-room/errors';
import { PrivacyPass } from '../../../src/modules/waiting-room/tokens/gates/privacy-pass';
import {
  base64url,
  isSigned,
  readPrivateToken,
  sha256,
} from '../../../src/modules/waiting-room/tokens/gates/private-token';
import { outcome } from '../../support/clients/buyer';
import { uniqueQueueId } from '../../support/config';
import { useService } from '../../support/suite';
import { VECTOR } from './privacy-pass-vector';

const NOW_MS = 1_800_000_000_000;
const WINDOW_MS = 300_000;
const GEN = 3;
const SECRETS: [string, string] = [
  'a secret of at least thirty-two bytes',
  'the one before: thirty-two bytes',
];

interface Issuer {
  privateKey: KeyObject;
  /** As the configuration has it. */
  text: string;
  key: PrivacyPassKey;
}

function issuer(): Issuer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha384',
    mgf1HashAlgorithm: 'sha384',
    saltLength: 48,
  } as { modulusLength: number }); // the types want a text for saltLength, which Node refuses
  const text = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
  return { privateKey, text, key: parsePrivacyPassKeys(text)[0] };
}

/** What the client has in the end: the signature is the one that unblinding gives. */
function tokenFor(challenge: Buffer, { privateKey, key }: Issuer, type = 2): string {
  const input = Buffer.concat([Buffer.from([0, type]), randomBytes(32), sha256(challenge), key.id]);
  const how = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };
  return `PrivateToken token="${base64url(Buffer.concat([input, sign('sha384', input, how)]))}"`;
}

const parameter = (header: string, name: string): Buffer =>
  Buffer.from(new RegExp(`${name}="([^"]*)"`).exec(header)?.[1] ?? '', 'base64url');

const [ours, other] = [issuer(), issuer()];

it('a token of the test vectors of RFC 9578 is signed by its key, for its challenge, and by no other', () => {
  const [key] = parsePrivacyPassKeys(Buffer.from(VECTOR.pkS, 'hex').toString('base64url'));
  const token = readPrivateToken(`PrivateToken token=${base64url(Buffer.from(VECTOR.token, 'hex'))}`);
  if (token === undefined) throw new Error('the token could not be read');
  expect(token.challengeDigest).toEqual(sha256(Buffer.from(VECTOR.challenge, 'hex')));
  expect(token.keyId).toEqual(key.id);
  expect(isSigned(token, key.key)).toBe(true);
  expect(isSigned(token, ours.key.key)).toBe(false);
  token.input.writeUInt8(token.input.readUInt8(5) ^ 1, 5);
  expect(isSigned(token, key.key)).toBe(false);
});

describe('a Private Access Token', () => {
  const options = { issuer: 'issuer.example', origin: 'tickets.example', secrets: SECRETS };
  const gate = new PrivacyPass({ ...options, keys: [ours.key] });
  const when = { nowMs: NOW_MS, gen: GEN, queueId: 'main' };
  type When = Partial<typeof when>;
  const verify = (authorization: string | undefined, at: When = {}, of = gate): string =>
    of.verify({ ...when, ...at, userId: 7, proof: undefined, authorization }).proof.id;
  const refusal = (authorization: string | undefined, at: When = {}, of = gate): PrivateTokenRefused => {
    try {
      verify(authorization, at, of);
    } catch (error) {
      if (error instanceof PrivateTokenRefused) return error;
      throw error;
    }
    throw new Error('it was accepted');
  };
  const challengeAt = (at: When = {}, of = gate): Buffer =>
    parameter(refusal(undefined, at, of).authenticate ?? '', 'challenge');

  it('answers a challenge that names issuer and origin, with the first key', () => {
    const header = refusal(undefined).authenticate ?? '';
    expect(header).toMatch(
      /^PrivateToken challenge="[\w-]+={0,2}", token-key="[\w-]+={0,2}", max-age="300"$/,
    );
    expect(parameter(header, 'token-key')).toEqual(ours.key.der);
    const challenge = parameter(header, 'challenge');
    const withLength = (text: string): Buffer =>
      Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
    expect(challenge.subarray(0, 18)).toEqual(
      Buffer.concat([Buffer.from([0, 2]), withLength('issuer.example')]),
    );
    expect([challenge[18], challenge.subarray(51)]).toEqual([32, withLength('tickets.example')]);
  });

  it('passes by each configured key, in its window and the next, and after a change of the secret', () => {
    const challenge = challengeAt();
    const token = tokenFor(challenge, ours);
    expect(verify(token)).toBe(verify(token)); // the same proof: it is spent once
    expect(verify(tokenFor(challenge, ours))).not.toBe(verify(token));
    const rotating = new PrivacyPass({ ...options, keys: [other.key, ours.key] });
    for (const one of [ours, other]) verify(tokenFor(challenge, one), {}, rotating);
    verify(token, { nowMs: NOW_MS + WINDOW_MS });
    const before = new PrivacyPass({ ...options, keys: [ours.key], secrets: [SECRETS[1]] });
    verify(tokenFor(challengeAt({}, before), ours));
  });

  it.each<[string, () => string | undefined, When]>([
    ['there is none', () => undefined, {}],
    ['it is too old', () => tokenFor(challengeAt(), ours), { nowMs: NOW_MS + 2 * WINDOW_MS }],
    ['it is for another queue', () => tokenFor(challengeAt({ queueId: 'vip' }), ours), {}],
    ['it is of before a loss of what is spent', () => tokenFor(challengeAt(), ours), { gen: GEN + 1 }],
    ['it is for another service', () => tokenFor(foreignChallenge({ origin: 'evil.example' }), ours), {}],
    ['it is of another issuer', () => tokenFor(foreignChallenge({ issuer: 'evil.example' }), ours), {}],
    ['it is for nothing', () => tokenFor(Buffer.alloc(0), ours), {}],
    ['another key has signed it', () => tokenFor(challengeAt(), other), {}],
    ['another key has signed it in the name of ours', () => forged(), {}],
    ['it is of another type', () => tokenFor(challengeAt(), ours, 1), {}],
    ['it is shorter', () => tokenFor(challengeAt(), ours).replace(/.{8}"$/, '"'), {}],
    ['it is no Base64', () => 'PrivateToken token="!!"', {}],
    ['it is a queue token', () => 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln', {}],
  ])('is refused with another challenge when %s', (_what, header, at) => {
    expect(refusal(header(), at).authenticate).toMatch(/^PrivateToken challenge=/);
  });

  const foreignChallenge = (what: Partial<typeof options>): Buffer =>
    challengeAt({}, new PrivacyPass({ ...options, ...what, keys: [ours.key] }));
  const forged = (): string => tokenFor(challengeAt(), { ...other, key: ours.key });
});

describe('TOKEN_GATE=privacy-pass', () => {
  const OWN = uniqueQueueId();
  const app = useService({
    TOKEN_GATE: 'privacy-pass',
    TOKEN_PRIVACY_PASS_ISSUER: 'issuer.example',
    TOKEN_PRIVACY_PASS_ORIGIN: 'tickets.example',
    TOKEN_PRIVACY_PASS_KEYS: ours.text,
    QUEUES: `${OWN}=1000`,
  });
  const ask = async (userId: number, authorization?: string, queueId?: string): Promise<Response> => {
    const asked = request(app.url).post('/v1/api/queue/token').send({ userId, queueId });
    return authorization === undefined ? asked : asked.set('Authorization', authorization);
  };
  const challengeOf = (answer: Response): Buffer =>
    parameter(String(answer.headers['www-authenticate']), 'challenge');

  it('gives a token for a Private Access Token: the same again, none to another user or queue, none without', async () => {
    const [userId, thief] = [await app.given.user(), await app.given.user()];
    const challenged = await ask(userId);
    expect(outcome(challenged)).toBe('401 401');
    const token = tokenFor(challengeOf(challenged), ours);
    const first = await ask(userId, token);
    expect(outcome(first)).toBe('200');
    expect((await ask(userId, token)).text).toBe(first.text);
    const steal = async (): Promise<void> => {
      const stolen = await ask(thief, token);
      expect([outcome(stolen), stolen.text]).toEqual(['403 403', expect.stringContaining('spent')]);
    };
    await steal();
    expect(outcome(await ask(thief, tokenFor(challengeOf(challenged), ours)))).toBe('200');
    await steal(); // not for the entry that the thief has by now, either
    const elsewhere = await ask(userId, token, OWN);
    expect(outcome(elsewhere)).toBe('401 401');
    expect(outcome(await ask(userId, tokenFor(challengeOf(elsewhere), ours), OWN))).toBe('200');
  });

  it('says how it is authenticated only where it is', async () => {
    const answer = await request(app.url).post('/v1/api/queue/token/check');
    expect([outcome(answer), answer.headers['www-authenticate']]).toEqual([
      '401 401',
      'Bearer realm="concert-reservation"',
    ]);
  });
});
