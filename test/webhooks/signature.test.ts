import { newSecret, sign } from '../../src/modules/webhooks/signature';
import { isGenuine } from '../support/servers/webhook-receiver';

const message = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
};

describe('a signature', () => {
  it('is the one that the libraries of Standard Webhooks make', () => {
    expect(sign(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is verified with either of two secrets, and with no other', () => {
    const [one, other, third] = [newSecret(), newSecret(), newSecret()];
    const headers = { ...sign(message, [one, other]) };
    const call = { headers, body: message.body, id: message.id, data: {} as never };
    expect([one, other, third].map((secret) => isGenuine(call, secret, message.timestamp))).toEqual([
      true,
      true,
      false,
    ]);
    expect(isGenuine({ ...call, body: `${message.body} ` }, one, message.timestamp)).toBe(false);
    expect(isGenuine(call, one, message.timestamp + 301)).toBe(false);
  });

  it('has a secret of 32 random bytes', () => {
    const secrets = Array.from({ length: 10 }, newSecret);
    expect(new Set(secrets).size).toBe(10);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z\d+/]+=*$/);
      expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32);
    }
  });
});
