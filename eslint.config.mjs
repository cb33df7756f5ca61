import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const nodeGlobals = Object.fromEntries(
  [
    'process',
    'console',
    'module',
    'require',
    '__dirname',
    '__filename',
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'setImmediate',
    'Buffer',
    'URL',
    'fetch',
    'AbortSignal',
    'AbortController',
  ].map((name) => [name, 'readonly']),
);

const STATEMENT = '/^\\W*(SELECT|INSERT|REPLACE|UPDATE|DELETE|WITH|SET|CALL)\\b/';
const NOT_CONSTANT = `:not(${[
  'TemplateElement, Literal, BinaryExpression',
  'Identifier[name=/^[A-Z][A-Z0-9_]*$/]',
  'CallExpression[callee.name="placeholders"]',
]})`;

/** A literal that is spread where it stands changes the layout of the text, and nothing else. */
const NEEDLESS_SPREAD = [
  'ObjectExpression > SpreadElement > ObjectExpression',
  ':matches(ArrayExpression, CallExpression, NewExpression) > SpreadElement > ArrayExpression',
].map((selector) => ({ selector, message: 'Write the elements without the spread.' }));

// Also of the type check (scripts/lib/check/types-and-lint.mjs). They are named, because finding each file's project by the
// language service costs a sixth more time.
export const PROJECTS = ['', 'k6/', 'charts/grafana/', 'web/', 'web/worker/'].map(
  (folder) => `${folder}tsconfig.json`,
);

export default tseslint.config(
  {
    ignores: [
      'dist',
      'node_modules',
      '.services',
      'results',
      'coverage',
      'web/shared/api/{schema,admin}.d.ts',
    ],
  },
  js.configs.recommended,
  {
    plugins: { regexp },
    rules: {
      'no-restricted-syntax': ['error', ...NEEDLESS_SPREAD],
      // Text that becomes code, and expressions with which a long line of text stops the event loop (ReDoS).
      'no-eval': 'error',
      'no-new-func': 'error',
      'regexp/no-super-linear-backtracking': 'error',
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: PROJECTS, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'regexp/no-super-linear-move': 'error', // slow by a long line alone: what comes from outside may be long
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config/config.ts reads the environment.' },
        {
          object: 'Date',
          property: 'now',
          message: 'Use the clock of the store that decides (NOW(3), Redis TIME) or src/common/clock.ts.',
        },
      ],
      'no-restricted-imports': [
        'error',
        ...['child_process', 'vm', 'worker_threads'].flatMap((name) =>
          [name, `node:${name}`].map((it) => ({ name: it, message: 'The product starts no other code.' })),
        ),
      ],
    },
  },
  {
    // What a request brings never becomes part of a statement. The invariants' checks are made of each other.
    files: ['src/{http,modules,platform}/**/*.ts'],
    ignores: ['src/modules/invariants/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...NEEDLESS_SPREAD,
        ...[
          `TemplateLiteral:has(> TemplateElement:first-child[value.raw=${STATEMENT}])`,
          `BinaryExpression:has(Literal[value=${STATEMENT}])`,
        ].map((text) => ({
          selector: `${text} > ${NOT_CONSTANT}`,
          message: 'SQL is made of constants (and placeholders(n)): bind the value to a placeholder.',
        })),
      ],
    },
  },
  {
    files: ['src/config/config.ts', 'src/common/calendar/utc.ts', 'src/cli/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-console': 'off' },
  },
  { files: ['src/config/config.ts'], rules: { 'max-lines': 'off' } }, // a table
  {
    files: ['test/**/*.ts', 'lab/bench/**/*.ts', 'lab/faults/**/*.ts'],
    rules: { 'max-lines': 'off', 'no-console': 'off' },
  },
  {
    files: ['k6/*.ts', 'k6/lib/**/*.ts'],
    // @types/k6 declares the shapes of options as classes
    rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'off' },
  },
  { files: ['k6/lib/timeline.ts'], rules: { 'no-console': 'off' } }, // how a k6 script writes a line
  {
    files: [
      'scripts/**/*.js',
      'lab/mutation/**/*.js',
      '**/*.cjs',
      'jest.config.js',
      'test/support/jest/*.js',
    ],
    languageOptions: { sourceType: 'commonjs', globals: nodeGlobals },
  },
  { files: ['**/*.mjs'], languageOptions: { globals: nodeGlobals } },
);
