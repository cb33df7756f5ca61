// What is mutated, and the tests that must notice, the quickest first: once one has failed, the rest is left out.
// `text`: files whose SQL or Lua is mutated, too. Routes and schemas are left out: descriptions for readers, and rules
// that test/api/bad-input.test.ts holds.
const ofModule = (name, files) => `src/modules/${name}/{${files}}.ts`;

const STORES = ['mariadb', 'redis'];

/** `ownRedis`: each text mutant is tried on a Redis of its own, as a script that never ends blocks it for good. */
module.exports = {
  breaker: {
    code: ['src/infra/breaker.ts', 'src/infra/breakers.ts', 'src/infra/breaker/*.ts'],
    tests: ['test/infra/breakers.test.ts', 'test/infra/breaker.test.ts'],
  },
  money: {
    services: STORES,
    code: [
      ofModule('user', 'service,repository,directory'),
      ofModule('payment', 'service,repository,errors'),
    ],
    tests: ['test/sale/balances.test.ts', 'test/sale/outcomes.test.ts', 'test/api/reservation.test.ts'],
    text: [
      'src/modules/user/repository.ts',
      'src/modules/user/directory.ts',
      'src/modules/payment/repository.ts',
    ],
    textTests: ['test/sale/balances.test.ts', 'test/sale/outcomes.test.ts'],
  },
  seats: {
    services: STORES,
    code: [ofModule('reservation', 'service,repository,sweeper,errors')],
    tests: [
      'test/sale/seats.test.ts',
      'test/sale/outcomes.test.ts',
      'test/api/queues.test.ts',
      'test/api/reservation.test.ts',
    ],
    text: ['src/modules/reservation/repository.ts'],
    textTests: ['test/sale/seats.test.ts', 'test/sale/outcomes.test.ts', 'test/api/reservation.test.ts'],
  },
  admission: {
    code: [ofModule('queue', 'controller,signals,eta,polling,presence,token')],
    tests: [
      'test/queue/token.test.ts',
      'test/queue/eta.test.ts',
      'test/queue/signals.test.ts',
      'test/queue/controller.test.ts',
      'test/queue/polling.test.ts',
      'test/queue/presence.test.ts',
      'test/queue/controller.property.test.ts',
    ],
  },
  line: {
    services: ['redis'],
    code: [ofModule('queue', 'waiting-room,snapshot')],
    tests: [
      'test/queue/copy.test.ts',
      'test/queue/room.test.ts',
      'test/queue/door.test.ts',
      'test/queue/snapshot.test.ts',
    ],
    text: ['src/modules/queue/lua'],
    textTests: [
      'test/queue/room.test.ts',
      'test/queue/scripts.test.ts',
      'test/queue/door.test.ts',
      'test/queue/admission.property.test.ts',
    ],
    ownRedis: true,
  },
};
