import { refuseTwice, splitList } from './lists';
import { isHost, isPort } from './parsing/host';
import { parseQuery, parseUrl, RESERVED, type UrlParts } from './parsing/url';

/** Where a store is, parsed once: what is checked at the start is what connects. Errors never show the value, for its password. */

export interface DatabaseTarget {
  host: string;
  port: number;
  user: string;
  password: string;
  /** Empty: none is named. */
  database: string;
  ssl: boolean;
}

export interface RedisTarget {
  /** One server, the nodes of a cluster, or sentinels. */
  nodes: { host: string; port: number }[];
  /** What the sentinels call the master, and how one logs in to them; undefined: the nodes are no sentinels. */
  sentinel?: { master: string; username: string; password: string };
  username: string;
  password: string;
  /** Index of the database; of a cluster always 0. */
  db: number;
  tls: boolean;
}

const MARIADB_PORT = 3306;
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

/**
 * `mariadb://user:password@host:port/database`, with `?ssl=true` for TLS.
 * @throws Error that says what is wrong, without the URL
 */
export function parseDatabaseUrl(text: string): DatabaseTarget {
  const parts = parseUrl(text, ['mariadb:', 'mysql:']);
  const [database = '', ...more] = parts.segments;
  if (more.length > 0) throw new Error(`must name one database, with no further /: ${RESERVED}`);
  if (!['', '?ssl=true', '?ssl=false'].includes(parts.search))
    throw new Error(`must have no ?… but ?ssl=true: ${RESERVED}`);
  return {
    host: parts.host,
    port: parts.port ?? MARIADB_PORT,
    user: parts.username,
    password: parts.password,
    database,
    ssl: parts.search === '?ssl=true',
  };
}

/**
 * `redis://user:password@host:port/index`; several with `,` between them: nodes of a Redis Cluster, which has one
 * database and one account; or `redis+sentinel://…`. With `rediss` in place of `redis`: TLS.
 * @throws Error that says what is wrong, without the URL
 */
export function parseRedisUrls(text: string): RedisTarget {
  if (/^rediss?\+sentinel:/i.test(text)) return parseSentinelUrl(text);
  const all = splitList(text).map(parseRedisUrl);
  const [first] = all;
  if (first === undefined) throw new Error('must not be empty');
  if (all.length > 1 && all.some(({ db }) => db !== 0))
    throw new Error('must name no database other than 0: a Redis Cluster has no other');
  const differs = ({ tls, username, password }: (typeof all)[number]): boolean =>
    tls !== first.tls || (password !== '' && (password !== first.password || username !== first.username));
  if (all.some(differs))
    throw new Error('must have the same protocol, user and password for all nodes of a Redis Cluster');
  const { username, password, db, tls } = first;
  return { nodes: nodesOf(all, REDIS_PORT), username, password, db, tls };
}

function parseRedisUrl(text: string): Omit<RedisTarget, 'nodes'> & { host: string; port: number } {
  const { host, port, username, password, segments, search, protocol } = parseUrl(text, [
    'redis:',
    'rediss:',
  ]);
  const [index = '', ...more] = segments;
  if (!/^(?:|0|[1-9]\d{0,8})$/.test(index) || more.length > 0)
    throw new Error(`must end in the number of a database (/0), or in none: ${RESERVED}`);
  if (search !== '') throw new Error(`must have no ?…: ${RESERVED}`);
  if (username !== '' && password === '') throw new Error('must have a password where it has a user');
  return {
    host,
    port: port ?? REDIS_PORT,
    username,
    password,
    db: Number(index),
    tls: protocol === 'rediss:',
  };
}

function nodesOf(all: Pick<UrlParts, 'host' | 'port'>[], usualPort: number): RedisTarget['nodes'] {
  const nodes = all.map(({ host, port }) => ({ host, port: port ?? usualPort }));
  refuseTwice(nodes.map(({ host, port }) => `${host}:${port}`));
  return nodes;
}

const SENTINEL_URL = /^(rediss?)\+sentinel:\/\/((?:[^@/?#]*@)?)([^@/?#]*)([/?#].*)?$/i;

/** `redis+sentinel://user:password@host:port,host:port/master/index?sentinelUser=…&sentinelPassword=…` */
function parseSentinelUrl(text: string): RedisTarget {
  const [, protocol = '', account = '', hosts = '', rest = ''] = SENTINEL_URL.exec(text) ?? [];
  if (hosts === '')
    throw new Error(`must be redis+sentinel://user:password@host:port,host:port/master/index: ${RESERVED}`);
  const all = splitList(hosts).map((host) => parseUrl(`redis://${account}${host}${rest}`, ['redis:']));
  const [first] = all as [UrlParts];
  const [master = '', index = '', ...more] = first.segments;
  if (!/^[\w.-]{1,100}$/.test(master) || more.length > 0 || !/^(?:|0|[1-9]\d{0,8})$/.test(index))
    throw new Error(
      'must end in the name of the master and, if need be, the number of a database: /mymaster/0',
    );
  const query = parseQuery(first.search);
  for (const name of query.keys())
    if (!['sentinelUser', 'sentinelPassword'].includes(name))
      throw new Error(`must have no ?… but ?sentinelUser= and &sentinelPassword=: ${RESERVED}`);
  const ofSentinels = {
    username: query.get('sentinelUser') ?? '',
    password: query.get('sentinelPassword') ?? '',
  };
  if ([first, ofSentinels].some(({ username, password }) => username !== '' && password === ''))
    throw new Error('must have a password where it has a user');
  return {
    nodes: nodesOf(all, SENTINEL_PORT),
    sentinel: { master, ...ofSentinels },
    username: first.username,
    password: first.password,
    db: Number(index),
    tls: protocol.toLowerCase() === 'rediss',
  };
}

/** `host:port,host:port,…` @throws Error that says what is wrong */
export function parseBrokers(text: string): string[] {
  const brokers = splitList(text).map((broker) => {
    const [host = '', port = '', ...more] = broker.split(':');
    if (more.length > 0 || !isHost(host) || !isPort(port))
      throw new Error(`must be host:port,host:port,… with ports from 1 to 65535, not "${broker}"`);
    return broker;
  });
  refuseTwice(brokers);
  return brokers;
}
