import { defineConfig } from 'oxlint';

const STATEMENT = '/^\\W*(SELECT|INSERT|REPLACE|UPDATE|DELETE|WITH|SET|CALL)\\b/';
const NOT_CONSTANT = `:not(${[
  'TemplateElement, Literal, BinaryExpression',
  'Identifier[name=/^[A-Z][A-Z0-9_]*$/]',
  'CallExpression[callee.name="placeholders"]',
].join()})`;

/** A literal that is spread where it stands changes the layout of the text, and nothing else. */
const NEEDLESS_SPREAD = [
  'ObjectExpression > SpreadElement > ObjectExpression',
  ':matches(ArrayExpression, CallExpression, NewExpression) > SpreadElement > ArrayExpression',
].map((selector) => ({ selector, message: 'Write the elements without the spread.' }));

/** A call takes about 100,000 arguments: a list of the sale's size ends the process. */
const LIST_AS_ARGUMENTS = [
  {
    selector: 'CallExpression[callee.property.name=/^(push|unshift)$/] > SpreadElement',
    message: 'Add the elements one by one: a call does not take any number of arguments.',
  },
];

/** @param {string} names divided by white space */
const errors = (names) => Object.fromEntries(names.split(/\s+/).map((name) => [name, 'error']));

/** What ESLint recommends, and the category `correctness` lacks. */
const RECOMMENDED = errors(
  `no-case-declarations no-empty no-fallthrough no-prototype-builtins no-regex-spaces no-unexpected-multiline
  no-useless-assignment preserve-caught-error`,
);

/** What typescript-eslint's strictest set has, and the category `correctness` lacks. */
const STRICT = errors(
  `no-array-constructor no-useless-constructor no-var prefer-const prefer-rest-params prefer-spread
  typescript/ban-ts-comment typescript/no-deprecated typescript/no-dynamic-delete typescript/no-empty-object-type
  typescript/no-explicit-any typescript/no-generated-empty-object-type typescript/no-invalid-void-type
  typescript/no-misused-promises typescript/no-mixed-enums typescript/no-namespace
  typescript/no-non-null-asserted-nullish-coalescing typescript/no-non-null-assertion typescript/no-require-imports
  typescript/no-unnecessary-boolean-literal-compare typescript/no-unnecessary-condition
  typescript/no-unnecessary-template-expression typescript/no-unnecessary-type-arguments
  typescript/no-unnecessary-type-assertion typescript/no-unnecessary-type-constraint
  typescript/no-unnecessary-type-conversion typescript/no-unnecessary-type-parameters typescript/no-unsafe-argument
  typescript/no-unsafe-assignment typescript/no-unsafe-call typescript/no-unsafe-enum-assignment
  typescript/no-unsafe-enum-comparison typescript/no-unsafe-function-type typescript/no-unsafe-member-access
  typescript/no-unsafe-return typescript/only-throw-error typescript/prefer-literal-enum-member
  typescript/prefer-promise-reject-errors typescript/prefer-reduce-type-parameter typescript/prefer-return-this-type
  typescript/related-getter-setter-pairs typescript/require-await typescript/restrict-plus-operands
  typescript/return-await typescript/switch-exhaustiveness-check typescript/unified-signatures
  typescript/use-unknown-in-catch-callback-variable`,
);

export default defineConfig({
  plugins: ['typescript', 'oxc'],
  // Rules that are not native: they cost little, because the text is parsed once for all.
  jsPlugins: [{ name: 'eslint-js', specifier: 'oxlint-plugin-eslint' }, 'eslint-plugin-regexp'],
  categories: { correctness: 'error' },
  options: { typeAware: true, typeCheck: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: [
    '/dist',
    'node_modules',
    '/.services',
    '/results',
    '/coverage',
    'web/shared/api/{schema,admin}.d.ts',
  ],
  rules: {
    ...RECOMMENDED,
    'typescript/require-array-sort-compare': 'off', // names are sorted as text
    'eslint-js/no-restricted-syntax': ['error', ...NEEDLESS_SPREAD],
    // Text that becomes code, and expressions with which a long line of text stops the event loop (ReDoS).
    'no-eval': 'error',
    'no-new-func': 'error',
    'regexp/no-super-linear-backtracking': 'error',
  },
  overrides: [
    {
      files: ['**/*.{ts,tsx}'],
      rules: {
        ...STRICT,
        'typescript/restrict-template-expressions': ['error', { allowNumber: true }],
        'typescript/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
        'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
        'no-console': 'error',
        'no-unsafe-optional-chaining': 'off', // the compiler sees it, and believes a cast
      },
    },
    {
      // Types are guessed there, and nothing waits for the main function of a program.
      files: ['**/*.{js,cjs,mjs}'],
      env: { node: true },
      rules: {
        'no-redeclare': 'error',
        'no-undef': 'error',
        'typescript/no-floating-promises': 'off',
        'typescript/await-thenable': 'off',
        'typescript/restrict-template-expressions': 'off',
        'typescript/unbound-method': 'off',
      },
    },
    {
      files: ['{src,web,k6,lab}/**/*.{ts,tsx,mjs}'],
      rules: { 'eslint-js/no-restricted-syntax': ['error', ...NEEDLESS_SPREAD, ...LIST_AS_ARGUMENTS] },
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
          {
            paths: ['child_process', 'vm', 'worker_threads'].flatMap((name) =>
              [name, `node:${name}`].map((it) => ({
                name: it,
                message: 'The product starts no other code.',
              })),
            ),
          },
        ],
      },
    },
    {
      // What a request brings never becomes part of a statement. The invariants' checks are made of each other.
      files: ['src/{http,modules,platform}/**/*.ts'],
      excludeFiles: ['src/modules/invariants/**'],
      rules: {
        'eslint-js/no-restricted-syntax': [
          'error',
          ...NEEDLESS_SPREAD,
          ...LIST_AS_ARGUMENTS,
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
    { files: ['k6/lib/timeline.ts'], rules: { 'no-console': 'off' } }, // how a k6 script writes a line
  ],
});
