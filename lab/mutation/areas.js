// What is mutated, and the tests that must notice, the quickest first: once one has failed, the rest is left out.
// `text`: files whose SQL or Lua is mutated as well. Routes and schemas are left out: descriptions for readers, and rules
// that test/api/bad-input.test.ts holds.
const ofModule = (name, files) => `src/modules/${name}/{${files}}.ts`;

const STORES = ['mariadb', 'redis'];

/** `ownRedis`: each text mutant is tried on a separate Redis, because a script that never ends blocks it for good. */
module.exports = {
  breaker: {
    code: ['src/platform/circuit-breaker/*.ts'],
    tests: [
      ...['breakers', 'closed', 'open', 'time-limit', 'listener', 'model.property'].map(
        (name) => `test/platform/circuit-breaker/${name}.test.ts`,
      ),
    ],
  },
  money: {
    services: STORES,
    code: [
      ofModule('accounts', 'service,top-up-batch,repository,directory'),
      ofModule('payments', 'service,batch,repository,errors'),
    ],
    tests: ['test/accounts/balances.test.ts', 'test/orders/outcomes.test.ts', 'test/api/reservation.test.ts'],
    text: [
      'src/modules/accounts/repository.ts',
      'src/modules/accounts/directory.ts',
      'src/modules/payments/repository.ts',
    ],
    textTests: ['test/accounts/balances.test.ts', 'test/orders/outcomes.test.ts'],
  },
  seats: {
    services: STORES,
    code: [
      ofModule(
        'orders',
        'service,hold-batch,hold-round,hold-repository,expiry-repository,hold-expiry-job,errors',
      ),
    ],
    tests: [
      'test/orders/seats.test.ts',
      'test/orders/outcomes.test.ts',
      'test/api/queues.test.ts',
      'test/api/reservation.test.ts',
    ],
    text: ['src/modules/orders/hold-repository.ts', 'src/modules/orders/expiry-repository.ts'],
    textTests: ['test/orders/seats.test.ts', 'test/orders/outcomes.test.ts', 'test/api/reservation.test.ts'],
  },
  admission: {
    code: [
      ofModule(
        'waiting-room',
        'admission/controller/*,admission/signals,polling/eta,polling/interval,snapshot/presence,snapshot/presence-marks,snapshot/segment,tokens/token',
      ),
    ],
    tests: [
      'test/queue/token.test.ts',
      'test/queue/eta.test.ts',
      'test/queue/signals.test.ts',
      'test/queue/controller',
      'test/queue/poll-interval.test.ts',
      'test/queue/presence.test.ts',
      'test/queue/controller.property.test.ts',
    ],
  },
  queue: {
    services: ['redis'],
    code: [
      ofModule(
        'waiting-room',
        'waiting-room,snapshot/snapshot,snapshot/refresher,recovery/recovery,polling/snapshot-poller',
      ),
    ],
    tests: [
      'test/queue/snapshot.test.ts',
      'test/queue/waiting-room.test.ts',
      'test/queue/presence-flush.test.ts',
      'test/queue/recovery.test.ts',
      'test/queue/saved-progress.test.ts',
      'test/queue/admission-control.test.ts',
      'test/queue/admission-limits.test.ts',
      'test/queue/snapshot-refresh.test.ts',
    ],
    text: ['src/modules/waiting-room/state/lua'],
    textTests: [
      'test/queue/waiting-room.test.ts',
      'test/queue/recovery.test.ts',
      'test/queue/presence-flush.test.ts',
      'test/queue/scripts.test.ts',
      'test/queue/scripts-holds.test.ts',
      'test/queue/scripts-idle.test.ts',
      'test/queue/scripts-restore.test.ts',
      'test/queue/admission-limits.test.ts',
      'test/queue/admission.property.test.ts',
    ],
    ownRedis: true,
  },
};
