import { ReplyError } from 'ioredis';
import { redisErrorKind, type RedisErrorKind } from '../../../src/platform/redis/errors';

const reply = (message: string): Error => new (ReplyError as new (message: string) => Error)(message);

const replies: [RedisErrorKind, string][] = [
  ['demoted', "READONLY You can't write against a read only replica."],
  ['demoted', "READONLY You can't write against a read only replica. script: 3f2, on @user_script:4."],
  ['demoted', "ERR Error running script (call to f_3f2): @user_script:4: -READONLY You can't write"],
  ['demoted', 'LOADING Redis is loading the dataset in memory'],
  ['demoted', "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."],
  ['demoted', 'NOREPLICAS Not enough good replicas to write.'],
  ['demoted', 'CLUSTERDOWN The cluster is down'],
  ['demoted', 'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)'],
  ['not-now', 'NOPERM this user has no permissions to run the "evalsha" command'],
  ['not-now', 'NOAUTH Authentication required.'],
  ['not-now', 'WRONGPASS invalid username-password pair or user is disabled.'],
  ['not-now', 'TRYAGAIN Multiple keys request during rehashing of slot'],
  ['not-now', "OOM command not allowed when used memory > 'maxmemory'."],
  ['not-now', 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.'],
  ['not-now', 'UNKILLABLE Sorry the script already executed write commands against the dataset.'],
  ['not-now', 'MISCONF Redis is configured to save RDB snapshots, but it is unable to persist to disk.'],
  ['not-now', 'MOVED 3999 127.0.0.1:6381'],
  ['not-now', 'ASK 3999 127.0.0.1:6381'],
  ['not-now', 'NOSCRIPT No matching script. Please use EVAL.'],
  ['not-now', 'NOMASTERLINK Can not SYNC while not connected with my master'],
  ['not-now', 'NOQUORUM a word that a later Redis has'],
  ['not-now', 'DENIED Redis is running in protected mode'],
  ['not-now', 'ERR max number of clients reached'],
  ['not-now', "ERR ACL failure in script: User default has no permissions to run the 'hset' command"],
  ['not-now', "ERR The user executing the script can't run this command or subcommand script: 30a"],
  ['not-now', "ERR The user executing the script can't access at least one of the keys script: 30a"],
  ['not-now', 'ERR Connection timed out'],
  ['not-now', 'ERR Operation timed out'],
  ['not-now', 'ERR Host is down'],
  ['not-now', 'ERR No route to host'],
  ['not-now', 'ERR Broken pipe'],
  ['not-now', 'ERR server connection closed'],
  ['not-now', 'ERR handle response, backend conn reset'],
  ['not-now', 'ERR The server is temporarily unavailable'],
  ['not-now', 'no upstream host'],
  ['mistake', "ERR user_script:12: attempt to index a nil value (global 'x') script: 3f2"],
  ['mistake', "ERR unknown command 'ZADDD'"],
  ['mistake', "ERR wrong number of arguments for 'zadd' command"],
  ['mistake', 'ERR timeout is not an integer or out of range'],
  ['mistake', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
  ['mistake', "CROSSSLOT Keys in request don't hash to the same slot"],
];

describe('an error of Redis', () => {
  it.each(replies)('is %s: %s', (kind, message) => {
    expect(redisErrorKind(reply(message))).toBe(kind);
  });

  it.each<[RedisErrorKind, Error]>([
    ['not-now', new Error('Connection is closed.')],
    ['not-now', new Error('Command timed out')],
    ['not-now', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
    ['mistake', new RangeError('Maximum call stack size exceeded')],
    ['mistake', new TypeError('x is not a function')],
  ])('is %s when it comes from the client: %s', (kind, error) => {
    expect(redisErrorKind(error)).toBe(kind);
  });
});
