const { PACKAGES } = require('./test/support/jest/outside');

const swc = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
};

/** @type {import('jest').Config} */
module.exports = {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/cluster/'], // npm run cluster -- test
  transform: {
    '^.+\\.ts$': ['@swc/jest', swc],
    '/node_modules/jose/.+\\.js$': ['@swc/jest', { ...swc, module: { type: 'commonjs' } }],
    [`/node_modules/(?:${PACKAGES.join('|')})/.+\\.js$`]: '<rootDir>/test/support/jest/outside.js',
  },
  // jose is an ES module, which Node can require and Jest cannot.
  transformIgnorePatterns: [`/node_modules/(?!(?:jose|${PACKAGES.join('|')})/)`],
  testEnvironment: '<rootDir>/test/support/jest/environment.js',
  setupFiles: ['reflect-metadata'],
  setupFilesAfterEnv: ['<rootDir>/test/support/jest/setup.ts'],
  testSequencer: '<rootDir>/test/support/jest/slowest-first.js',
  testTimeout: 600_000, // ends what hangs; how long a test takes depends on the machine
  maxWorkers: 5, // many tests wait for something most of the time
  // A worker that is through has nothing open, but freeing 400 MB took it more than Jest's half a second on a busy machine:
  // Jest killed it, and reported a leak. One that really has something open is still reported.
  workerGracefulExitTimeout: 60_000,
  // Jest runs code inside a vm context, where each look-up of a global is slow: loops over these took five times as long.
  sandboxInjectedGlobals: ['Math', 'Number', 'Object', 'Array', 'Infinity'],
};
