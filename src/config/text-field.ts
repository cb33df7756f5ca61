import { type Check } from './checks';
import { type About, faultOf, given, parsedBy, variable } from './field';
import { INVISIBLE, parseHeaders, parsePairs } from './lists';
import { isBlockedPort } from './parsing/blocked-ports';
import { parseNetworks } from './parsing/networks';
import { parseUrl } from './parsing/url';
import { parsePublicKey } from './public-key';
import { parseBrokers, parseDatabaseUrl, parseRedisUrls } from './urls';

const anyText = ({ default: otherwise, check, about }: About & { default: string; check?: Check }) =>
  variable(
    given
      .superRefine((value, context) => {
        const fault = faultOf(value, check);
        if (fault !== undefined) context.addIssue(fault);
      })
      .default(otherwise),
    { about },
  );

/** One line: what nobody sees in it was copied by mistake, and would be equal to nothing. */
export const text = ({ check, ...about }: About & { default: string; check?: Check }) =>
  anyText({
    ...about,
    check: (value) =>
      INVISIBLE.test(value) ? 'must have no line breaks or invisible characters' : check?.(value),
  });

const MIN_SECRET_BYTES = 32;
/** Of 32 random hexadecimal digits, fewer are different once in 10^16. */
const MIN_SECRET_LETTERS = 5;

/** Empty, or long and varied enough that nobody can guess it. */
export const secret = ({ about, check }: About & { check?: Check }) =>
  anyText({
    default: '',
    about,
    check: (value) => {
      if (Buffer.byteLength(value) < MIN_SECRET_BYTES)
        return `must be at least ${MIN_SECRET_BYTES} bytes long`;
      if (new Set(value).size < MIN_SECRET_LETTERS)
        return `must be random: it has fewer than ${MIN_SECRET_LETTERS} different characters`;
      return check?.(value);
    },
  });

/** A secret that travels in a header, after `Bearer `. */
export const headerSecret = ({ about }: About) =>
  secret({
    about,
    check: (value) =>
      /^[!-~]+$/.test(value)
        ? undefined
        : 'must have only letters, digits and signs of ASCII, and no blanks: it travels in a header',
  });

interface WebUrl extends About {
  default?: string;
  /** Whether it may have a user and a password: they are sent by Basic authentication. */
  login?: boolean;
  /** Whether paths are put behind it. */
  isBase?: boolean;
  /** Whether `fetch` or a browser calls it, which do not connect to every port. */
  isFetched?: boolean;
}

/** Empty, or a URL of the web. `fetch` takes no user and password in it: only who sends them otherwise may have them. */
export const webUrl = ({
  default: otherwise = '',
  about,
  login = false,
  isBase = false,
  isFetched = true,
}: WebUrl) =>
  text({
    default: otherwise,
    about,
    check: (value) => {
      const { username, password, port } = parseUrl(value, ['http:', 'https:']);
      if (!login && username + password !== '') return 'must have no user and no password';
      if (username.includes(':')) return 'must have no : in its user: in Basic authentication it ends there';
      if (isFetched && port !== undefined && isBlockedPort(port))
        return `must have another port: ${port} is one that fetch and browsers never connect to`;
      return isBase && value.includes('?') ? 'must have no ?…: a path is put behind it' : undefined;
    },
  });

/** Empty, or networks in CIDR notation. */
export const networks = ({ about }: About) => text({ default: '', about, check: parsedBy(parseNetworks) });

/** Empty, or `name=value,name=value`. */
export const pairs = ({ about }: About) => text({ default: '', about, check: parsedBy(parsePairs) });

/** The same, for headers. */
export const headers = ({ about }: About) => text({ default: '', about, check: parsedBy(parseHeaders) });

/** Empty, or a public key in PEM. */
export const publicKey = ({ about }: About) =>
  anyText({ default: '', about, check: parsedBy(parsePublicKey) });

export const databaseUrl = (o: About & { default: string }) =>
  text({
    ...o,
    check: (value) => {
      const { user, database } = parseDatabaseUrl(value);
      if (database === '') return 'must name a database: mariadb://user:password@host:port/database';
      return user === '' ? 'must name a user: mariadb://user:password@host:port/database' : undefined;
    },
  });

export const redisUrls = (o: About & { default: string }) => text({ ...o, check: parsedBy(parseRedisUrls) });

export const brokers = ({ about }: About) => text({ about, default: '', check: parsedBy(parseBrokers) });
