// Jest evaluates each module again for each test file, packages included: half of the CPU that starting the service costs
// a file. These packages only compute or drive a browser, and nobody looks at the class of what they give, so one copy,
// outside of Jest's contexts, serves all the files of a worker.
const PACKAGES = [
  '@ioredis/commands',
  'iconv-lite',
  'lodash',
  'mime-db',
  'mime-types',
  'moment',
  'moment-timezone',
  'playwright-core',
  'validator',
];

/** What Jest loads in place of a module. The environment gives requireOutside. */
const process = (_source, file) => ({
  code: `module.exports = globalThis.requireOutside(${JSON.stringify(file)});`,
});

module.exports = { PACKAGES, process };
