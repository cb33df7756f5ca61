import { Authority, noCertificates } from '../../support/servers/secure/authority';
import { freePort } from '../../../scripts/lib/ports';
import { MariaDbServer, noMariaDbServer } from '../../support/servers/mariadb-server';
import { ServiceProcess } from '../../support/servers/process';
import { noRedisServer, RedisServer } from '../../support/servers/redis/server';
import { type Ended, runTool } from '../../support/servers/tool';

const missing = noCertificates ?? noMariaDbServer ?? noRedisServer;
if (missing !== undefined) console.warn(`TLS is not tried: ${missing}`);
const described = missing === undefined ? describe : describe.skip;

const NOT_TRUSTED =
  'names a server whose certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE): name the file of its authority in NODE_EXTRA_CA_CERTS';

/** As the chart sets them: extraEnv, database.url, redis.url. */
interface Variables {
  NODE_EXTRA_CA_CERTS: string;
  DATABASE_URL: string;
  REDIS_URL: string;
}

described('stores whose certificates a private authority has signed', () => {
  let ours: Authority;
  let another: Authority;
  let database: MariaDbServer;
  let redis: RedisServer;
  let misnamed: RedisServer;
  let secure: Variables;

  /** @returns a Redis that takes TLS at the second port */
  async function startRedis(server: ReturnType<Authority['certify']>): Promise<[RedisServer, number]> {
    const port = await freePort();
    const files = ['--tls-cert-file', server.certificate, '--tls-key-file', server.key];
    const options = ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'];
    return [await new RedisServer(await freePort(), options).start(), port];
  }
  let misnamedPort: number;

  beforeAll(async () => {
    ours = new Authority();
    another = new Authority();
    const server = ours.certify('server');
    const files = [`--ssl-cert=${server.certificate}`, `--ssl-key=${server.key}`];
    [database] = (await MariaDbServer.start(1, files)) as [MariaDbServer];
    const [first, port] = await startRedis(server);
    redis = first;
    [misnamed, misnamedPort] = await startRedis(ours.certify('elsewhere', 'DNS:elsewhere.example'));
    secure = {
      NODE_EXTRA_CA_CERTS: ours.file,
      DATABASE_URL: `${database.url('app')}?ssl=true`,
      REDIS_URL: `rediss://127.0.0.1:${port}`,
    };
  });
  afterAll(async () => {
    await Promise.all([database.end(), redis.end(), misnamed.end()]);
    ours.end();
    another.end();
  });

  const startWith = (variables: Partial<Variables>): Promise<Ended> =>
    runTool('../main', [], { ...secure, ...variables, DATABASE_ADMIN_URL: '', KAFKA_BROKERS: '', PORT: '0' });

  it('are used by a process that has the file of the authority, under the addresses that the certificate names', async () => {
    const service = await new ServiceProcess({ ...secure, DATABASE_ADMIN_URL: '' }).start();
    const [tls] = await database.root.query<{ Value: string }>(
      "SHOW GLOBAL STATUS LIKE 'Ssl_finished_accepts'",
    );
    expect(Number(tls?.Value)).toBeGreaterThan(0);
    expect(await service.stop()).toBe(0);
  });

  it.each<[string, () => Partial<Variables>]>([
    ['DATABASE_URL', () => ({ REDIS_URL: redis.url })],
    ['REDIS_URL', () => ({ DATABASE_URL: database.url('app') })],
  ])('of an unknown authority end the start, which names %s', async (variable, plain) => {
    const { code, stderr } = await startWith({ ...plain(), NODE_EXTRA_CA_CERTS: another.file });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `Did not start: ${variable} ${NOT_TRUSTED}\n` });
  });

  it('with a certificate for another name end the start', async () => {
    const { code, stderr } = await startWith({ REDIS_URL: `rediss://127.0.0.1:${misnamedPort}` });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Did not start: REDIS_URL names a server whose certificate is for another name \(/,
    );
  });

  it('end the start of a process that would not ask for them', async () => {
    const url = secure.REDIS_URL.replace('rediss:', 'redis:');
    const { code, stderr } = await startWith({ REDIS_URL: url });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Did not start: REDIS_URL must begin with rediss: the server at 127\.0\.0\.1:\d+ speaks TLS\n$/,
    );
  });

  it('end a tool at once that does not know their authority', async () => {
    const url = `${database.url('owner')}?ssl=true`;
    const { code, stderr } = await runTool('migrate', ['up'], {
      DATABASE_ADMIN_URL: url,
      DATABASE_URL: secure.DATABASE_URL,
      NODE_EXTRA_CA_CERTS: another.file,
    });
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot be used: its URL ${NOT_TRUSTED}`);
  });
});
