// Counts Go and Jest tests from their JSON, prints what failed, and ends with
// the one line that CI reads.
import fs from 'node:fs';

const [goFile, jestFile] = process.argv.slice(2);
let passed = 0;
let failed = 0;

const output = new Map();
const failedIn = new Set();
for (const line of fs.readFileSync(goFile, 'utf8').split('\n')) {
    if (!line.startsWith('{')) continue;
    const e = JSON.parse(line);
    const key = `${e.Package ?? e.ImportPath} ${e.Test ?? ''}`;
    if (e.Action === 'output' || e.Action === 'build-output') {
        output.set(key, (output.get(key) ?? '') + e.Output);
    } else if (e.Action === 'pass' && e.Test) {
        passed++;
    } else if (e.Action === 'fail' || e.Action === 'build-fail') {
        if (e.Test) failedIn.add(e.Package);
        // A package that fails without a failed test did not build or crashed.
        if (e.Test || (e.Action === 'fail' && !failedIn.has(e.Package))) failed++;
        console.log(`FAIL ${key}\n${output.get(key) ?? ''}`);
    } else if (e.Action === 'pass' && !e.Test) {
        console.log(`ok   ${e.Package} ${e.Elapsed}s`);
    }
    if (e.Action === 'pass' || e.Action === 'fail') output.delete(key);
}

if (fs.existsSync(jestFile)) {
    const jest = JSON.parse(fs.readFileSync(jestFile, 'utf8'));
    passed += jest.numPassedTests;
    failed += jest.numFailedTests + jest.numRuntimeErrorTestSuites;
    console.log(`jest ${jest.numPassedTests} passed, ${jest.numFailedTests} failed`);
} else {
    failed++;
    console.log('FAIL jest wrote no result');
}
console.log(`${passed} passed, ${failed} failed`);
