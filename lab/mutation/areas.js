// What is mutated, and the tests that must notice, the quickest first: once one has failed, the rest is left out.
// `text`: files whose SQL or Lua is mutated as well. Routes and schemas are left out: descriptions for readers, and rules
// that test/api/http/bad-input.test.ts holds.
const ofModule = (name, files) => `src/modules/${name}/{${files}}.ts`;

const STORES = ['mariadb', 'redis'];

/** `ownRedis`: each text mutant is tried on a separate Redis, because a script that never ends blocks it until it is killed. */
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
    tests: [
      'test/accounts/balances.test.ts',
      'test/orders/outcomes.test.ts',
      'test/api/sales/reservation.test.ts',
    ],
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
        'reservation-service,holds/hold-batch,holds/hold-round,holds/hold-repository,holds/hold-writer,expiry/expiry-repository,expiry/hold-expiry-job,errors',
      ),
    ],
    tests: [
      'test/orders/seats',
      'test/orders/outcomes.test.ts',
      'test/api/queue/queues.test.ts',
      'test/api/sales/reservation.test.ts',
    ],
    text: [
      'src/modules/orders/holds/hold-repository.ts',
      'src/modules/orders/holds/hold-writer.ts',
      'src/modules/orders/expiry/expiry-repository.ts',
    ],
    textTests: ['test/orders/seats', 'test/orders/outcomes.test.ts', 'test/api/sales/reservation.test.ts'],
  },
  admission: {
    code: [
      ofModule(
        'waiting-room',
        'admission/controller/*,admission/signals,polling/eta,polling/interval,snapshot/presence,snapshot/presence-marks,snapshot/segment,tokens/token',
      ),
    ],
    tests: [
      'test/waiting-room/tokens/token.test.ts',
      'test/waiting-room/polling/eta.test.ts',
      'test/waiting-room/admission/signals.test.ts',
      'test/waiting-room/admission/controller',
      'test/waiting-room/polling/poll-interval.test.ts',
      'test/waiting-room/snapshot/presence.test.ts',
      'test/waiting-room/admission/controller/controller.property.test.ts',
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
      'test/waiting-room/snapshot/snapshot.test.ts',
      'test/waiting-room/waiting-room.test.ts',
      'test/waiting-room/snapshot/presence-flush.test.ts',
      'test/waiting-room/recovery/recovery.test.ts',
      'test/waiting-room/recovery/saved-progress.test.ts',
      'test/waiting-room/admission/control.test.ts',
      'test/waiting-room/admission/limits.test.ts',
      'test/waiting-room/snapshot/snapshot-refresh.test.ts',
    ],
    text: ['src/modules/waiting-room/state/lua'],
    textTests: [
      'test/waiting-room/waiting-room.test.ts',
      'test/waiting-room/recovery/recovery.test.ts',
      'test/waiting-room/snapshot/presence-flush.test.ts',
      'test/waiting-room/state/scripts.test.ts',
      'test/waiting-room/state/scripts-holds.test.ts',
      'test/waiting-room/state/scripts-idle.test.ts',
      'test/waiting-room/state/scripts-restore.test.ts',
      'test/waiting-room/admission/limits.test.ts',
      'test/waiting-room/admission/admission.property.test.ts',
    ],
    ownRedis: true,
  },
};
