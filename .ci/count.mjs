// Counts the tests of Go, Jest and the end-to-end run from what they wrote,
// prints what failed, and ends with the one line that CI reads.
import fs from 'node:fs';
import path from 'node:path';

const out = process.argv[2];
const read = (name) => {
    const file = path.join(out, name);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
};
let passed = 0;
let failed = 0;

const output = new Map();
const failedIn = new Set();
for (const line of read('go.json').split('\n')) {
    if (!line.startsWith('{')) continue;
    const e = JSON.parse(line);
    const key = `${e.Package ?? e.ImportPath} ${e.Test ?? ''}`;
    if (e.Action === 'output' || e.Action === 'build-output') {
        output.set(key, (output.get(key) ?? '') + e.Output);
    } else if (e.Action === 'pass') {
        if (e.Test) passed++;
        else console.log(`ok   ${e.Package} ${e.Elapsed}s`);
    } else if (e.Action === 'fail' || e.Action === 'build-fail') {
        if (e.Test) failedIn.add(e.Package);
        // A package that fails without a failed test did not build or crashed.
        if (e.Test || (e.Action === 'fail' && !failedIn.has(e.Package))) failed++;
        console.log(`FAIL ${key}\n${output.get(key) ?? ''}`);
    }
    if (e.Action === 'pass' || e.Action === 'fail') output.delete(key);
}
if (passed === 0) failed++;

const jest = JSON.parse(read('jest.json') || '{"numPassedTests":0,"numFailedTests":1,"numRuntimeErrorTestSuites":0}');
passed += jest.numPassedTests;
failed += jest.numFailedTests + jest.numRuntimeErrorTestSuites;
console.log(`jest ${jest.numPassedTests} passed, ${jest.numFailedTests} failed`);

const scenes = read('e2e.log').split('\n');
const ok = scenes.filter((line) => line.startsWith('ok ')).length;
const bad = scenes.filter((line) => /^(FAILED|complaint:)/.test(line)).length;
passed += ok;
failed += ok === 0 ? 1 : bad;
console.log(`panel in Chromium ${ok} passed, ${bad} failed`);

console.log(`${passed} passed, ${failed} failed`);
// Not process.exit, which drops what a pipe has not taken yet: the last line above all.
process.exitCode = failed ? 1 : 0;
