import { KafkaConnectionStatus } from '../../../src/platform/kafka/connection-status';
import type { Logger } from '../../../src/platform/observability/logger';

describe('the log of an unreachable Kafka', () => {
  const hintOf = (error: unknown): unknown => {
    const warn = jest.fn();
    const status = new KafkaConnectionStatus({ warn } as unknown as Logger);
    status.expect('producer');
    status.reportDown('producer', error);
    expect(status.state).toBe('down');
    return (warn.mock.calls[0] as [{ hint?: string }])[0].hint;
  };

  it('names the variables of a login that the brokers refuse', () => {
    const refused = Object.assign(new Error('SCRAM-SHA-512 authentication failed'), {
      name: 'KafkaJSSASLAuthenticationError',
    });
    expect(hintOf(refused)).toContain('KAFKA_SASL_USERNAME');
    expect(hintOf(new Error('away', { cause: refused }))).toContain('KAFKA_SASL_PASSWORD');
  });

  it('names KAFKA_BROKERS when their certificate is not trusted', () => {
    const cause = Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(hintOf(new Error('away', { cause }))).toMatch(/^KAFKA_BROKERS .*NODE_EXTRA_CA_CERTS$/);
  });

  it('names nothing when they are only away', () => {
    expect(hintOf(new Error('Connection refused'))).toBeUndefined();
  });
});
