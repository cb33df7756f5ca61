import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class IdentityMetrics extends MetricGroup {
  readonly assertions = this.counter(
    'concert_identity_assertions_total',
    'Assertions of the shop by what became of them',
    ['result'],
  );
  readonly keyFetches = this.counter(
    'concert_identity_key_fetches_total',
    'Fetches of the shop’s keys by their result',
    ['result'],
  );
  readonly keysAge = this.reading(
    'concert_identity_keys_age_seconds',
    'Time since the shop’s keys were fetched; none without TOKEN_IDENTITY_JWKS_URL',
  );
  readonly usersCreated = this.counter(
    'concert_identity_users_created_total',
    'Users made because the shop named them for the first time',
  );
}
