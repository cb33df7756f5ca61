import { configDoubts, loadConfig } from '../../src/config/config';
import { isBlockedPort } from '../../src/config/parsing/blocked-ports';
import { parseUrl } from '../../src/config/parsing/url';
import { parseBrokers, parseDatabaseUrl, parseRedisUrls } from '../../src/config/urls';

describe('URLs of stores', () => {
  it('are decoded once, into what connects', () => {
    expect(parseDatabaseUrl('mariadb://us%40er:p%25a%2Fs%3As@db.example:3307/con%20cert?ssl=true')).toEqual({
      host: 'db.example',
      port: 3307,
      user: 'us@er',
      password: 'p%a/s:s',
      database: 'con cert',
      ssl: true,
    });
    expect(parseDatabaseUrl('mysql://u:p@[::1]/c')).toMatchObject({ host: '::1', port: 3306, database: 'c' });
    expect(parseRedisUrls('rediss://us%3Aer:%25@[fe80::1]:7000/12')).toEqual({
      nodes: [{ host: 'fe80::1', port: 7000 }],
      username: 'us:er',
      password: '%',
      db: 12,
      tls: true,
    });
    expect(parseRedisUrls('redis://:pw@a:1, redis://b:2')).toEqual({
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      username: '',
      password: 'pw',
      db: 0,
      tls: false,
    });
    expect(
      parseRedisUrls('rediss+sentinel://u:p%40@s1,[::1]:7,s3:26380/my-master.1/2?sentinelPassword=x%2Fy'),
    ).toEqual({
      nodes: [
        { host: 's1', port: 26379 },
        { host: '::1', port: 7 },
        { host: 's3', port: 26380 },
      ],
      sentinel: { master: 'my-master.1', username: '', password: 'x/y' },
      username: 'u',
      password: 'p@',
      db: 2,
      tls: true,
    });
    expect(parseRedisUrls('redis+sentinel://s/m?sentinelPassword=a+b%2B')).toMatchObject({
      sentinel: { password: 'a+b+' },
    });
    expect(parseRedisUrls('redis+sentinel://s/m')).toMatchObject({
      nodes: [{ host: 's', port: 26379 }],
      db: 0,
      tls: false,
      username: '',
      password: '',
    });
    expect(parseBrokers('kafka-0.kafka:9092, 10.0.0.1:65535')).toEqual([
      'kafka-0.kafka:9092',
      '10.0.0.1:65535',
    ]);
  });

  const everywhere = (scheme: string): string[] => [
    `${scheme}://u:pa%ss@host/1`,
    `${scheme}://u%:pass@host/1`,
    `${scheme}://u:pa%zzss@host/1`,
    `${scheme}://u:100%25%@host/1`,
    `${scheme}://u:%ff@host/1`,
    `${scheme}://u:p@ho%st/1`,
    `${scheme}://u:p@host/1%`,
    `${scheme}://u:pa#ss@host/1`,
    `${scheme}://u:12#34@host/1`,
    `${scheme}://u:pa ss@host/1`,
    `${scheme}://u:p@host:0/1`,
    `${scheme}://u:p@host:65536/1`,
    `${scheme}://u:p@host:12ab/1`,
    `${scheme}://u:p@host:-1/1`,
    `${scheme}:/u:p@host/1`,
    `${scheme}:host`,
    `${scheme}://`,
    `${scheme}:///1`,
    `${scheme}://u:p@/1`,
    `${scheme}://u:p@:80/1`,
    `${scheme}://u:p@256.1.1.1/1`,
    `${scheme}://u%00:p@host/1`,
    `${scheme}://u:p%00w@host/1`,
    `${scheme}://u:p@host/1\u200b`,
    `${scheme}://u:p@::1:80/1`,
    `ftp://u:p@host/1`,
    `u:p@host/1`,
    'host:1234',
  ];

  it.each([
    ...everywhere('mariadb'),
    ...everywhere('mysql'),
    'mariadb://u:p@host',
    'mariadb://u:p@host/',
    'mariadb://u:p@host//',
    'mariadb://u:p@host/a/b',
    'mariadb://u:p@host/a/',
    'mariadb://u:12/34@host/a',
    'mariadb://u:12?34@host/a',
    'mariadb://host/a',
    'mariadb://u:p@host/a?sll=true',
    'mariadb://u:p@host/a?ssl=yes',
    'mariadb://u:p@host/a?initSql=DROP',
    'mariadb://u:p@host/a?ssl=true&ssl=false',
    'mariadb://u:p@0x7f.1/a',
  ])('DATABASE_URL refuses %s', (value) => {
    expect(() => loadConfig({ DATABASE_URL: value })).toThrow(
      /^Configuration is wrong:\n {2}DATABASE_URL must [^\n]*$/,
    );
    expect(() => loadConfig({ DATABASE_ADMIN_URL: value })).toThrow(/\n {2}DATABASE_ADMIN_URL must [^\n]*$/);
  });

  it.each([
    ...everywhere('redis'),
    ...everywhere('rediss'),
    'redis://host/x',
    'redis://host/1.5',
    'redis://host/-1',
    'redis://host/01',
    'redis://host/0x1',
    'redis://host/1/',
    'redis://host/1/2',
    'redis://host/1e1',
    'redis://host/9999999999',
    'redis://host//1',
    'redis://user@host/1',
    'redis://host?db=1',
    'redis://a:1,b:2',
    'redis://a:1,',
    'redis://a:1,,redis://b:2',
    'redis://a:1,rediss://b:2',
    'redis://:x@a:1,redis://:y@b:2',
    'redis://a:1/1,redis://b:2/1',
    'redis://a,redis://A:6379',
    'redis+sentinel://a,b,a:26379/m',
    'redis+sentinel://a/m?sentinelUser=x&sentinelUser=y',
    'redis://a:1,redis://b:0',
    ...everywhere('redis+sentinel').filter((it) => !/^ftp|^u:p|^host/.test(it)),
    'redis+sentinel://host',
    'redis+sentinel://host/',
    'redis+sentinel://host/m/x',
    'redis+sentinel://host/m/0/1',
    'redis+sentinel://host/m m',
    'redis+sentinel://a,,b/m',
    'redis+sentinel://a:1,b:0/m',
    'redis+sentinel://u@a/m',
    'redis+sentinel://a/m?db=1',
    'redis+sentinel://a/m?sentinelUser=x',
    'redis+sentinel://a/m,redis+sentinel://b/m',
    'redis://a:1,redis+sentinel://b/m',
  ])('REDIS_URL refuses %s', (value) => {
    expect(() => loadConfig({ REDIS_URL: value })).toThrow(
      /^Configuration is wrong:\n {2}REDIS_URL must [^\n]*$/,
    );
  });

  it.each(
    [...everywhere('http'), ...everywhere('https')].filter(
      (it) => !/:\/{0,1}\w*host$|:\/u|:\/\/\/1/.test(it),
    ),
  )('NOTIFIER_WEBHOOK_URL refuses %s', (value) => {
    expect(() => loadConfig({ NOTIFIER_WEBHOOK_URL: value })).toThrow(/\n {2}NOTIFIER_WEBHOOK_URL must /);
  });

  it('refuse a port to which nothing would ever connect, if fetch or a browser calls it', async () => {
    const blocked = Array.from({ length: 65_535 }, (_, i) => i + 1).filter(isBlockedPort);
    const refusals = blocked.map(async (port) => {
      const error = await fetch(`http://127.0.0.1:${port}/`).catch((reason: unknown) => reason);
      return (error as { cause?: { message?: string } }).cause?.message;
    });
    expect(new Set(await Promise.all(refusals))).toEqual(new Set(['bad port']));
    expect(blocked).toHaveLength(82);
    for (const name of [
      'NOTIFIER_WEBHOOK_URL',
      'TOKEN_IDENTITY_JWKS_URL',
      'TOKEN_IDENTITY_SIGN_IN_URL',
      'TOKEN_TURNSTILE_URL',
      'DRAW_DRAND_URL',
    ])
      expect(() => loadConfig({ [name]: 'http://host:6000/' })).toThrow(
        `${name} must have another port: 6000`,
      );
    const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://host:6000'; // called by node:http
    expect(loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT })).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT });
    expect(configDoubts(loadConfig({ MANAGEMENT_PORT: '6000' }), {})).toEqual([
      expect.stringMatching(/^MANAGEMENT_PORT \(6000\) is one that browsers/),
    ]);
  });

  it('refuse a user that Basic authentication would cut', () => {
    expect(() => loadConfig({ NOTIFIER_WEBHOOK_URL: 'https://a%3Ab:c@host/' })).toThrow(
      'NOTIFIER_WEBHOOK_URL must have no : in its user',
    );
    expect(loadConfig({ NOTIFIER_WEBHOOK_URL: 'https://a:b%3Ac@host/' })).toBeDefined();
  });

  it('take what is encoded and long', () => {
    const url = 'https://user:p%40ss@hooks.example:8443/a/b%20c?key=v&x=1';
    expect(loadConfig({ NOTIFIER_WEBHOOK_URL: url }).NOTIFIER_WEBHOOK_URL).toBe(url);
    expect(parseUrl(url, ['https:'])).toMatchObject({ username: 'user', password: 'p@ss', port: 8443 });
    expect(loadConfig({ REDIS_URL: 'redis://:secret@redis:6379/15' })).toBeDefined();
  });
});
