// The browser of the end-to-end tests, and how they wait.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

export const launch = () =>
    chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: [
            '--headless',
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync'
        ]
    });

/** Waits until `check` is true, 10 s at most. */
export async function until(what, check) {
    for (let i = 0; i < 200; i++) {
        if (await check()) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`${what} did not happen within 10 s`);
}
