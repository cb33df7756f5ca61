import { createHash, timingSafeEqual } from 'node:crypto';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { LRUCache } from 'lru-cache';
import { Forbidden, Unauthorized, Unavailable } from '../../../common/errors';
import { CONFIG, type Config } from '../../../config/config';
import { ROLES, type Role } from './models/operator';
import { isKey, type KnownOperator, OperatorRepository } from './repository';

export type { KnownOperator } from './repository';
export { ROLES, type Role } from './models/operator';

/** Who sent a request to the management port. */
export interface Operator {
  name: string;
  role: Role;
}

/** The owner of MANAGEMENT_TOKEN may do everything, also while the database is down. */
const MANAGEMENT: Operator = { name: 'MANAGEMENT_TOKEN', role: 'admin' };

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * While the database cannot be asked, an operator whom it has named in this time is still known: admission must be
 * stopped above all on such a day. Nobody can revoke a key meanwhile, as that is done in the database.
 */
const KNOWN_MS = 600_000;
const MOST_KNOWN = 100;

/** Knows operators by their keys. */
@scoped(Lifecycle.ContainerScoped)
export class OperatorService {
  private readonly managementTokenHash: Buffer | undefined;
  /** By the hash of the key. */
  private readonly known = new LRUCache<string, Operator>({ max: MOST_KNOWN, ttl: KNOWN_MS });

  constructor(
    private readonly operators: OperatorRepository,
    @inject(CONFIG) config: Config,
  ) {
    if (config.MANAGEMENT_TOKEN !== '') this.managementTokenHash = hashOf(config.MANAGEMENT_TOKEN);
  }

  /**
   * Looks the key up each time: a revoked one is worth nothing at once, as long as the database can be asked.
   * @throws Unauthorized (401) for what is no key, Forbidden (403) for one of a smaller role
   */
  async authorize(key: string, atLeast: Role): Promise<Operator> {
    const operator = await this.authenticate(key);
    if (ROLES.indexOf(operator.role) >= ROLES.indexOf(atLeast)) return operator;
    throw new Forbidden(`This needs the role ${atLeast}; ${operator.name} has the role ${operator.role}.`);
  }

  async list(): Promise<KnownOperator[]> {
    return this.operators.list();
  }

  private async authenticate(key: string): Promise<Operator> {
    // Hashes are of one length, and are compared in the same time whatever they are.
    if (this.managementTokenHash !== undefined && timingSafeEqual(hashOf(key), this.managementTokenHash))
      return MANAGEMENT;
    const operator = isKey(key) ? await this.find(key) : undefined;
    if (operator === undefined)
      throw new Unauthorized('Authorization: this is no operator key, nor MANAGEMENT_TOKEN.');
    return operator;
  }

  private async find(key: string): Promise<Operator | undefined> {
    const hash = hashOf(key).toString('base64');
    try {
      const operator = await this.operators.findByKey(key);
      if (operator === undefined) this.known.delete(hash);
      else this.known.set(hash, operator);
      return operator;
    } catch (error) {
      const operator = this.known.get(hash);
      if (operator !== undefined && error instanceof Unavailable) return operator;
      throw error;
    }
  }
}
