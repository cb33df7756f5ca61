// node --watch-path=src --require ./scripts/dev.js src/main.ts: runs src/ as it is, without a build and without a
// type check, and again whenever a file changes. Written for the dev loop in the cluster (Dockerfile, target dev).
const fs = require('node:fs');
const { transformSync } = require('@swc/core');

const options = {
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
};

require.extensions['.ts'] = (module, filename) => {
  module._compile(transformSync(fs.readFileSync(filename, 'utf8'), { ...options, filename }).code, filename);
};
