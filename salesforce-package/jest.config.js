const { jestConfig } = require('@salesforce/sfdx-lwc-jest/config');

module.exports = {
    ...jestConfig,
    moduleNameMapper: {
        '^lightning/(platformUtilityBarApi|messageService|navigation|pageReferenceUtils)$':
            '<rootDir>/test/jest-mocks/lightning/$1',
        '^test/(.*)$': '<rootDir>/test/$1'
    },
    setupFilesAfterEnv: ['<rootDir>/test/setup.js'],
    testPathIgnorePatterns: ['<rootDir>/node_modules/', '<rootDir>/browser/e2e/']
};
