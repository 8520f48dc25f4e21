// Lint rules. Two ideas carry the file: nothing silences the type checker (no `any`, no `!`), and imports
// point one way, api -> runtime -> codegen -> passes -> ir, without circles, with Node's modules in two folders only.
import { builtinModules } from 'node:module';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { noImportCircle } from './scripts/lint/noImportCircle.js';

/** Innermost first: a layer may import the layers before it, never those after. */
const layers = ['ir', 'passes', 'codegen', 'runtime', 'api'];
const nodeOnly = ['src/runtime/node/**', 'src/cli/**'];

/** Awaits after which another session would be current (`src/runtime/perSession.ts`). */
const lostSession = [
  {
    selector: "AwaitExpression:not([argument.type='CallExpression'][argument.callee.name='inSession'])",
    message: 'Write `await inSession(...)`: what comes after it belongs to the session that began to wait.',
  },
  {
    selector:
      "ForOfStatement[await=true]:not([right.type='CallExpression'][right.callee.name='eachInSession'])",
    message: 'Write `for await (... of eachInSession(...))`: each turn belongs to the session of the loop.',
  },
];

/** Both the import statements and the `import()` calls whose specifier matches one of `bans`, and `more` syntax. */
const forbidImports = (bans, more = []) => ({
  'no-restricted-imports': ['error', { patterns: bans.map(({ regex, message }) => ({ regex, message })) }],
  'no-restricted-syntax': [
    'error',
    ...bans.map(({ regex, message }) => ({
      selector: `ImportExpression > Literal[value=/${regex.replaceAll('/', '\\u002F')}/]`,
      message,
    })),
    ...more,
  ],
});

const noNode = [
  {
    regex: `^(node:|(${builtinModules.filter((name) => !name.startsWith('node:')).join('|')})(/|$))`,
    message: 'Node modules belong in src/runtime/node or src/cli: the rest also runs in a browser.',
  },
  {
    regex: '^\\.{1,2}/(.*/)?(runtime/node|cli)/',
    message: 'The core also runs in a browser: it knows src/runtime/node by an interface only.',
  },
];

/** Inside src/runtime: a specifier in a variable keeps Node's types out of the core's type check. */
const nodeHost = {
  regex: '^(\\.{1,2}/)+node/',
  message: 'Load src/runtime/node by import() of a specifier held in a variable, typed by an interface.',
};

const outerLayers = (layer) => {
  const outer = layers.slice(layers.indexOf(layer) + 1);
  return outer.length === 0
    ? []
    : [
        {
          regex: `^\\.\\./(.*/)?(${outer.join('|')})(/|$)`,
          message: `src/${layer} may not import from ${outer.join(', ')}: imports point from api to ir.`,
        },
      ];
};

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '**/node_modules/', 'bench/results/', '**/*.d.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-eval': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // An interface may ask for a promise where one implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Overloads and type parameters also document.
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: nodeOnly,
    rules: forbidImports(noNode),
  },
  ...layers.map((layer) => ({
    files: [`src/${layer}/**/*.ts`],
    ignores: nodeOnly,
    rules: forbidImports(
      [...noNode, ...(layer === 'runtime' ? [nodeHost] : []), ...outerLayers(layer)],
      ['runtime', 'api'].includes(layer) ? lostSession : [],
    ),
  })),
  {
    files: ['src/runtime/node/**/*.ts'],
    rules: forbidImports(outerLayers('runtime')),
  },
  {
    files: ['src/**/*.ts'],
    // An array, the interfaces of its methods and its selections name each other.
    ignores: [
      'src/api/lazyArray.ts',
      'src/api/elementwiseMethods.ts',
      'src/api/reductionMethods.ts',
      'src/api/arrayMethods.ts',
      'src/api/selection.ts',
    ],
    plugins: { lazuli: { rules: { 'no-import-circle': noImportCircle } } },
    rules: { 'lazuli/no-import-circle': 'error' },
  },
  {
    // The one place where generated JavaScript becomes a function.
    files: ['src/codegen/js/compile.ts'],
    rules: { '@typescript-eslint/no-implied-eval': 'off' },
  },
  {
    files: ['**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
