import { inject, Lifecycle, scoped } from 'tsyringe';
import { isRefusal } from '../../common/errors';
import { CONFIG, type Config } from '../../config/config';
import { hasIdentity } from '../../config/fields/identity';
import { SubjectDirectory } from '../accounts/subjects';
import { Breakers } from '../operations/breakers';
import { AssertionRefused, QueueNotEntitled } from './errors';
import type { FetchedKeys, Keys } from './keys';
import { IdentityMetrics } from './metrics';
import type { AssertionVerifier, Subject } from './verifier';

interface Parts {
  keys: Keys;
  /** `keys`, if they are fetched. */
  fetched: FetchedKeys | undefined;
  verifier: AssertionVerifier;
}

/** Who a user is: the shop's signed assertion says so, if it is required. */
@scoped(Lifecycle.ContainerScoped)
export class IdentityService {
  /** Whether a token needs an assertion of the shop. */
  readonly isRequired: boolean;
  private readonly parts: Promise<Parts> | undefined;

  constructor(
    private readonly subjects: SubjectDirectory,
    private readonly breakers: Breakers,
    private readonly metrics: IdentityMetrics,
    @inject(CONFIG) private readonly config: Config,
  ) {
    this.isRequired = hasIdentity(config);
    this.parts = this.isRequired ? this.loadParts() : undefined;
  }

  /**
   * Whom the assertion speaks of, without a look at a store.
   * @param nowMs Redis' clock @param queueId the queue to enter; undefined: the main queue
   * @throws AssertionRefused (401), QueueNotEntitled (403), Unavailable (503)
   */
  async verify(assertion: string, nowMs: number, queueId = this.config.QUEUE_ID): Promise<Subject> {
    try {
      const { verifier } = await this.required();
      const subject = await verifier.verify(assertion, nowMs);
      if (!(subject.queues ?? [this.config.QUEUE_ID]).includes(queueId)) throw new QueueNotEntitled(queueId);
      this.metrics.assertions.inc({ result: 'accepted' });
      return subject;
    } catch (error) {
      this.metrics.assertions.inc({ result: resultOf(error) });
      throw error;
    }
  }

  /**
   * The user whom the shop names, made if this is the first time.
   * @param named the user whom the client names, which counts where no assertion is required
   */
  async userIdOf(subject: Subject | undefined, named: number | undefined): Promise<number> {
    if (subject !== undefined) return this.userIdOfSubject(subject.id);
    if (named === undefined || this.isRequired)
      throw new Error('neither the shop nor the client names a user');
    return named;
  }

  /** Keeps the shop's keys fresh. @throws when they cannot be fetched: the known ones are used on */
  async refreshKeys(): Promise<void> {
    const { keys, fetched } = await this.required();
    try {
      await keys.refresh();
    } finally {
      if (fetched?.ageMs !== undefined) this.metrics.keysAge.set(fetched.ageMs / 1000);
    }
  }

  private async required(): Promise<Parts> {
    if (this.parts === undefined) throw new Error('no assertion is required');
    return this.parts;
  }

  /** What verifies assertions is loaded only where they are required. */
  private async loadParts(): Promise<Parts> {
    const [{ AssertionVerifier }, { ConfiguredKey, FetchedKeys }] = await Promise.all([
      import('./verifier'),
      import('./keys'),
    ]);
    const { TOKEN_IDENTITY_JWKS_URL: url, TOKEN_IDENTITY_PUBLIC_KEY: pem } = this.config;
    const onFetched = (result: 'ok' | 'failed'): void => this.metrics.keyFetches.inc({ result });
    const fetched = pem === '' ? new FetchedKeys(url, { onFetched }) : undefined;
    const keys = fetched ?? new ConfiguredKey(pem);
    return { keys, fetched, verifier: new AssertionVerifier(keys, this.config) };
  }

  private async userIdOfSubject(id: string): Promise<number> {
    const known = this.subjects.knownIdOf(id);
    if (known !== undefined) return known;
    const { userId, isNew } = await this.breakers.concert.run(() =>
      this.subjects.findOrCreate(this.config.TOKEN_IDENTITY_ISSUER, id),
    );
    if (isNew) this.metrics.usersCreated.inc();
    return userId;
  }
}

function resultOf(error: unknown): string {
  if (error instanceof AssertionRefused) return error.fault;
  return isRefusal(error) ? 'not_entitled' : 'keys_unavailable';
}
