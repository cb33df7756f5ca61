import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './paths.ts';

const product = createRequire(join(root, 'package.json'));

/** Difficulty that the service really demands, and the one that a search is timed for. */
const REAL_BITS = 4;
/** Argon2id with 1 MiB: measured natively on one core of a server, and assumed for a phone in WebAssembly. */
const [SERVER_HASH_MS, PHONE_HASH_MS] = [0.4, 8];
/** Of each attacker. */
const CORES = 16;

const [ISSUER, AUDIENCE] = ['https://shop.example', 'attack'];

interface Person {
  userId: number;
  /** 0: an ordinary user. */
  attacker: number;
}

interface Work {
  challenge: string;
  /** Difficulty for which the time is counted. */
  bits: number;
}

/** What k6/attack.ts needs besides the service: devices, the shop, and a beacon. Only for one run on this machine. */
export class World {
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  private readonly managementToken = randomBytes(32).toString('base64url');
  private readonly beacon = new Beacon();
  /** When each attacker's machine has computed what it is computing, milliseconds. */
  private readonly freeAtMs = new Map<number, number>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((req, res) => {
      this.answer(req).then(
        (answer) => res.end(JSON.stringify(answer)),
        (error: unknown) => res.writeHead(error instanceof NotYet ? 404 : 500).end(String(error)),
      );
    });
  }

  static async start(): Promise<World> {
    const world = new World();
    world.server.listen(0, '127.0.0.1');
    await once(world.server, 'listening');
    return world;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The product's variables under a defence. */
  productEnv(defence: string): Record<string, string> {
    const key = this.keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const own: Record<string, Record<string, string>> = {
      'proof-of-work': {
        TOKEN_GATE: 'proof-of-work',
        TOKEN_PROOF_OF_WORK_BITS: String(REAL_BITS),
        TOKEN_PROOF_OF_WORK_MAX_BITS: String(REAL_BITS),
      },
      identity: {
        TOKEN_IDENTITY_PUBLIC_KEY: key.trim().replaceAll('\n', '\\n'),
        TOKEN_IDENTITY_ISSUER: ISSUER,
        TOKEN_IDENTITY_AUDIENCE: AUDIENCE,
      },
      draw: { DRAW_DRAND_URL: this.url },
    };
    // What is held and not paid comes back within the run.
    return { MANAGEMENT_TOKEN: this.managementToken, HOLD_SECONDS: '20', ...own[defence] };
  }

  k6Env(managementUrl: string, queueId: string): Record<string, string> {
    const own = { WORLD_URL: this.url, MANAGEMENT_TOKEN: this.managementToken };
    return { ...own, MANAGEMENT_URL: managementUrl, QUEUE_ID: queueId };
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(req: IncomingMessage): Promise<unknown> {
    const path = req.url ?? '';
    const body = JSON.parse((await textOf(req)) || '{}') as Person & {
      challenge: string;
      bits: number;
      opensAtMs: number;
    };
    if (path === '/solve') return this.solve(body);
    if (path === '/assertion') return { assertion: this.assertionOf(body) };
    if (path === '/beacon') return this.beacon.plan(body.opensAtMs);
    return this.beacon.answer(path);
  }

  /** Computes the proof, and says how much longer the person's own device needs for one of `bits`. */
  private async solve({
    attacker,
    challenge,
    bits,
  }: Person & Work): Promise<{ nonce: string; afterMs: number }> {
    const { argon2id, zeroBits } = product(
      './dist/modules/waiting-room/tokens/gates/argon2.js',
    ) as typeof import('../../src/modules/waiting-room/tokens/gates/argon2');
    const sinceMs = performance.now();
    let tried = 1;
    while (zeroBits(await argon2id(String(tried), challenge)) < REAL_BITS) tried++;
    const hashes = tried * 2 ** (bits - REAL_BITS);
    const ownMs = attacker === 0 ? hashes * PHONE_HASH_MS : (hashes * SERVER_HASH_MS) / CORES;
    // The accounts of an attacker share its machine; each ordinary user has one.
    const startMs = attacker === 0 ? sinceMs : Math.max(sinceMs, this.freeAtMs.get(attacker) ?? 0);
    if (attacker > 0) this.freeAtMs.set(attacker, startMs + ownMs);
    return { nonce: String(tried), afterMs: Math.max(0, startMs + ownMs - performance.now()) };
  }

  /** The shop knows persons: all accounts of an attacker are one. */
  private assertionOf({ userId, attacker }: Person): string {
    const now = Math.floor(Date.now() / 1000);
    const sub = attacker === 0 ? `person-${userId}` : `attacker-${attacker}`;
    const claims = { iss: ISSUER, aud: AUDIENCE, sub, iat: now, exp: now + 60 };
    const text = [{ alg: 'ES256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const how = { key: this.keys.privateKey, dsaEncoding: 'ieee-p1363' } as const;
    return `${text}.${sign('sha256', Buffer.from(text), how).toString('base64url')}`;
  }
}

class NotYet extends Error {}

/** A node of a drand chain whose round is made two seconds after the opening. Its signatures are random: nobody verifies them. */
class Beacon {
  private info = { public_key: '00', period: 1, genesis_time: 0, groupHash: '0'.repeat(64), hash: '' };
  private readonly signature = randomBytes(48);

  plan(opensAtMs: number): { chain: string; round: number } {
    const { chainHash } = product(
      './dist/modules/waiting-room/opening/beacon.js',
    ) as typeof import('../../src/modules/waiting-room/opening/beacon');
    this.info.genesis_time = Math.ceil(opensAtMs / 1000) + 2;
    this.info.hash = chainHash(this.info);
    return { chain: this.info.hash, round: 1 };
  }

  answer(path: string): unknown {
    if (path.endsWith('/info')) return this.info;
    if (Date.now() < this.info.genesis_time * 1000) throw new NotYet('the round is not made yet');
    const randomness = createHash('sha256').update(this.signature).digest('hex');
    return { round: 1, randomness, signature: this.signature.toString('hex') };
  }
}

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
