/** The frame files that the Go tests read too: one contract for both. */
const fs = require('node:fs');
const path = require('node:path');

const FRAMES = path.resolve(__dirname, '../../web/agent/testdata/frames');

/** @returns {object} a fresh copy, so that a test may change it */
function frame(name) {
    return JSON.parse(fs.readFileSync(path.join(FRAMES, `${name}.json`), 'utf8'));
}

/** @returns {object} the call of a call frame */
function callOf(name, changes = {}) {
    return { ...frame(name).call, ...changes };
}

/** @param {'client'|'server'} side @returns {string[]} the names of all frame files of a side */
function frameNames(side) {
    return fs
        .readdirSync(FRAMES)
        .filter((file) => file.startsWith(`${side}.`))
        .map((file) => path.parse(file).name);
}

module.exports = { frame, callOf, frameNames };
