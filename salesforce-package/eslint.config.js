const { defineConfig } = require('eslint/config');
const lwcRecommended = require('@salesforce/eslint-config-lwc/recommended');
const jest = require('eslint-plugin-jest');
const globals = require('globals');

module.exports = defineConfig([
    { ignores: ['node_modules/', 'out/', 'coverage/'] },
    { files: ['force-app/**/lwc/**/*.js', 'browser/kit/**/*.js'], extends: [lwcRecommended] },
    {
        files: ['browser/src/**/*.js', 'browser/stubs/**/*.js'],
        languageOptions: { globals: globals.browser }
    },
    {
        files: ['browser/build/**', 'browser/e2e/**', 'browser/rollup.config.mjs', '*.config.js'],
        languageOptions: { globals: { ...globals.node, ...globals.browser } }
    },
    {
        files: ['**/__tests__/**/*.js', 'test/**/*.js'],
        extends: [lwcRecommended],
        plugins: { jest },
        languageOptions: { globals: { ...globals.jest, ...globals.node } },
        rules: {
            ...jest.configs.recommended.rules,
            'jest/expect-expect': ['warn', { assertFunctionNames: ['expect', 'expect*'] }],
            // tests drive wire adapters with .emit()
            '@lwc/lwc/no-unexpected-wire-adapter-usages': 'off',
            // and act as the browser does
            '@lwc/lwc/prefer-custom-event': 'off'
        }
    }
]);
