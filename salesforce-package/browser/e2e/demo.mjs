// The panel against the real bridge: the demo with its toy switch, in Chromium.
// Ada's browser speaks German, Bob's English.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { execFileSync, spawn } from 'node:child_process';
import { launch, until } from './chromium.mjs';

const repository = path.resolve(import.meta.dirname, '../../..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ctibridge-e2e-'));
const complaints = [];

async function startDemo() {
    const program = path.join(folder, 'demo');
    execFileSync('go', ['build', '-o', program, './cmd/demo'], { cwd: repository });
    const demo = spawn(program, ['--port', await freePorts()], {
        stdio: ['ignore', 'pipe', 'inherit']
    });
    const url = await new Promise((resolve, reject) => {
        let said = '';
        demo.stdout.on('data', (data) => {
            said += data;
            const [, address] = /ctibridge demo: (\S+)/.exec(said) ?? [];
            if (address) {
                resolve(address);
            }
        });
        demo.on('exit', () => reject(new Error(`the demo ended: ${said}`)));
    });
    return { demo, url };
}

/** The first of five free ports in a row. */
async function freePorts() {
    for (let first = 21000; first < 60000; first += 10) {
        const free = await Promise.all([0, 1, 2, 3, 4].map((n) => isFree(first + n)));
        if (free.every(Boolean)) {
            return String(first);
        }
    }
    throw new Error('no five free ports in a row');
}

function isFree(port) {
    return new Promise((resolve) => {
        const probe = net.createServer();
        probe.once('error', () => resolve(false));
        probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
}

/** Runs in the page: counts what is really played. */
function countSound() {
    window.sounding = 0;
    const { start } = AudioBufferSourceNode.prototype;
    AudioBufferSourceNode.prototype.start = function (...args) {
        window.sounding++;
        return start.apply(this, args);
    };
    const { stop } = AudioScheduledSourceNode.prototype;
    AudioScheduledSourceNode.prototype.stop = function (...args) {
        window.sounding--;
        return stop.apply(this, args);
    };
}

async function openPage(browser, locale, address, connected) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale });
    await context.addInitScript(countSound);
    const page = await context.newPage();
    page.setDefaultTimeout(10000);
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.goto(address);
    await page.getByText(connected).waitFor();
    await page.locator('#record').click(); // or the browser would not let it ring
    return page;
}

const scene = (page, name) =>
    page.evaluate((each) => fetch(`/demo/ring/${each}`, { method: 'POST' }), name);
const press = (page, name) => page.locator('#lcd').getByRole('button', { name }).click();
const card = (page, state) => page.locator(`article[data-state=${state}]`);

const tests = {
    async noteMovesWithTheCall(ada, bob) {
        await scene(ada, 'transferred');
        const his = bob.getByLabel('Note', { exact: true });
        await his.pressSequentially('Wants the new price list');
        await bob.getByLabel('Outcome').selectOption('Call back');
        await bob.getByText('Saved').waitFor();
        await bob.reload();
        await until('the note after a reload', async () => {
            return (await his.count()) && (await his.inputValue()) === 'Wants the new price list';
        });
        await press(ada, 'Answer');
        const hers = ada.getByLabel('Notiz', { exact: true });
        await until('his note, once he has handed the call over', async () => {
            return (await hers.count()) && (await hers.inputValue()) === 'Wants the new price list';
        });
        assert.equal(await ada.getByLabel('Ergebnis').inputValue(), 'Call back');
        await hers.press('Control+End');
        await hers.pressSequentially(', bis Montag');
        await ada.locator('#home').focus();
        await ada.getByText('Gespeichert').waitFor();
    },
    async attach(ada) {
        await ada.locator('#home').click();
        const offer = ada.getByRole('group', { name: /Datensatz geöffnet/ });
        if ((await offer.count()) === 0) {
            // it is on the screen since before the call: leave and come back
            const home = await ada.evaluate(() => location.hash);
            await ada.evaluate(() => (location.hash = '/search?term=x'));
            await ada.evaluate((hash) => (location.hash = hash), home);
        }
        await offer.getByRole('button', { name: /zuordnen/ }).click();
        await ada.locator('[data-id=attached]').waitFor();
        await ada.reload();
        await ada.locator('[data-id=attached]').waitFor();
    },
    async writtenAfterTheEnd(ada) {
        await press(ada, 'Hang up');
        await card(ada, 'ended').waitFor();
        const box = ada.getByLabel('Notiz', { exact: true });
        await box.press('Control+End');
        await box.pressSequentially('; danach');
        await ada.getByText('Gespeichert').waitFor();
        await ada.getByTitle('Diesen Anruf aus der Liste entfernen').click();
    },
    async rings(ada) {
        await scene(ada, 'known');
        await until('the ring tone', () => ada.evaluate(() => window.sounding === 1));
        await press(ada, 'Answer');
        await until('silence once answered', () => ada.evaluate(() => window.sounding === 0));
        await press(ada, 'Hang up');
        await scene(ada, 'several');
        await until('the ring tone again', () => ada.evaluate(() => window.sounding === 1));
        await press(ada, 'Decline');
        await until('silence once declined', () => ada.evaluate(() => window.sounding === 0));
    }
};

const { demo, url } = await startDemo();
const browser = await launch();
let failed = 0;
try {
    const ada = await openPage(browser, 'de-DE', url, 'Verbunden · 1001');
    const bob = await openPage(browser, 'en-US', `${url}/?as=bob`, 'Connected · 1002');
    for (const [name, test] of Object.entries(tests)) {
        try {
            await test(ada, bob);
            console.log(`ok demo ${name}`);
        } catch (error) {
            failed++;
            console.log(`FAILED demo ${name}: ${error.message}`);
        }
    }
} finally {
    await browser.close();
    demo.removeAllListeners('exit');
    demo.kill('SIGTERM');
    await new Promise((resolve) => demo.once('exit', resolve));
    fs.rmSync(folder, { recursive: true });
}
complaints.forEach((text) => console.log(`complaint: ${text}`));
process.exit(failed || complaints.length ? 1 : 0);
