// Drives the real components in Chromium against the fake bridge, takes a
// picture of each state (SHOTS=folder) and checks each with axe.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createRequire } from 'node:module';
import { launch, until } from './chromium.mjs';
import { callFrame, frame } from './fake-bridge.mjs';
import { startServer } from './server.mjs';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = process.env.SHOTS;
const only = process.env.ONLY;
const complaints = [];

const server = await startServer();
const { bridge, url } = server;
const browser = await launch();

async function newContext(options = {}) {
    const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        ...options
    });
    context.on('page', (page) => {
        page.setDefaultTimeout(5000);
        page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
        page.on(
            'console',
            (message) => message.type() === 'error' && complaints.push(message.text())
        );
    });
    return context;
}

async function openDemo(context) {
    const page = await context.newPage();
    await page.goto(url);
    await page.getByText('Connected · 1001').waitFor();
    return page;
}

async function picture(page, name) {
    if (shots) {
        await page.screenshot({ path: path.join(shots, `${name}.png`) });
    }
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
        window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
    );
    for (const { id, help, nodes } of violations) {
        complaints.push(
            `${name}: axe ${id}: ${help}: ${nodes.map(({ html, any }) => `${html.slice(0, 120)} ${any[0]?.message ?? ''}`).join(' | ')}`
        );
    }
}

/** Chromium writes failed requests to the console: those that a test wants are no complaint. */
function expected(words) {
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes(words)));
}

async function freePort() {
    const probe = net.createServer();
    await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address();
    await new Promise((resolve) => probe.close(resolve));
    return port;
}

const card = (page, state) => page.locator(`article[data-state=${state}]`);

const tests = {
    async sharedTelephone(page) {
        bridge.send(frame('server.settings'));
        await page.getByText('Connected · 1050').waitFor();
        await page.getByLabel('Telephone for today').focus();
        await page.keyboard.press('ArrowDown');
        await until('the choice', () =>
            bridge.received.some(({ type, id }) => type === 'device' && id === 'toy/1051')
        );
        bridge.show(callFrame('server.call-transferred-by'));
        bridge.show(callFrame('server.call-transferred-by-unknown'));
        bridge.show(callFrame('server.call-ended-taken-by'));
        await page.getByText('Transferred by 1001').first().waitFor();
        await page.getByText('Answered by 1002').waitFor();
        await picture(page, 'shared-telephone');
        bridge.send(frame('server.settings-plain'));
        await page.getByLabel('Telephone for today').waitFor({ state: 'detached' });
    },
    async idle(page) {
        await page.getByText('No calls at the moment.').waitFor();
        await page
            .getByRole('button', { name: /Call \+49 30 23125-101/ })
            .or(page.getByTitle('Call +49 30 23125-101'))
            .first()
            .waitFor();
        await picture(page, 'idle');
    },
    async known(page) {
        await page.evaluate(() => document.getElementById('home').focus());
        bridge.show(callFrame('server.call-ringing-known'));
        await card(page, 'ringing').getByRole('button', { name: 'Berta Beispiel' }).waitFor();
        await page
            .getByText('Incoming call: Berta Beispiel, Example GmbH')
            .waitFor({ state: 'attached' });
        assert.equal(await page.locator('#utility-label').textContent(), 'Berta Beispiel');
        assert.equal(
            await page.evaluate(() => document.activeElement.id),
            'home',
            'the focus was stolen'
        );
        await picture(page, 'ringing-known');
        await page.evaluate(() => (location.hash = '/Account/001000000000002AAA'));
        bridge.send(frame('server.navigate-record'));
        await until('navigated', () => bridge.of('navigated').some(({ pop }) => pop === 'p-1'));
        await page.getByRole('heading', { name: 'Berta Beispiel' }).waitFor();
        const talking = callFrame('server.call-connected-probable', { id: 'c-1', revision: 2 });
        delete talking.call.party.probable;
        bridge.show(talking);
        await card(page, 'connected').waitFor();
        await picture(page, 'connected');
        await page.setViewportSize({ width: 400, height: 800 });
        await picture(page, 'narrow');
        await page.setViewportSize({ width: 1280, height: 800 });
    },
    async several(page) {
        bridge.show(callFrame('server.call-ringing-several'));
        await page.getByText('3 records have this number. Who is it?').waitFor();
        await picture(page, 'ringing-several');
        await page.getByRole('button', { name: 'Dora Probe' }).click();
        await page.getByRole('heading', { name: 'Dora Probe' }).waitFor();
        await until('choose', () => bridge.of('choose').length === 1);
        assert.deepEqual(bridge.of('choose')[0], {
            type: 'choose',
            call: 'c-2',
            record: { object: 'Lead', id: '00Q000000000001AAA' }
        });
        await picture(page, 'chosen');
    },
    async unknown(page) {
        bridge.show(callFrame('server.call-ringing-pending'));
        await page.getByText('Looking up…').waitFor();
        assert.equal(await page.getByRole('button', { name: 'Create Lead' }).count(), 0);
        await picture(page, 'ringing-pending');
        bridge.show(callFrame('server.call-ringing-unknown', { revision: 2 }));
        await picture(page, 'ringing-unknown');
        await page.getByRole('button', { name: 'Create Lead' }).click();
        await page.getByRole('heading', { name: 'New Lead' }).waitFor();
        assert.equal(await page.locator('input[name=Phone]').inputValue(), '+493023125999');
        await picture(page, 'create');
        await page.locator('input[name=LastName]').fill('Neumann');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('heading', { name: 'Neumann' }).waitFor();
    },
    async withheld(page) {
        bridge.show(callFrame('server.call-ringing-withheld'));
        await card(page, 'ringing').getByText('Number withheld').waitFor();
        assert.equal(await page.getByRole('button', { name: 'Create Lead' }).count(), 0);
        await picture(page, 'ringing-withheld');
    },
    async internal(page) {
        bridge.show(callFrame('server.call-ringing-internal'));
        await card(page, 'ringing').getByText('Agent Zwei').waitFor();
        assert.equal(await page.getByText('Looking up…').count(), 0);
        await picture(page, 'ringing-internal');
    },
    async undetailed(page) {
        bridge.show(callFrame('server.call-ringing-undetailed'));
        // the name comes from the org, under the agent's own rights
        await card(page, 'ringing').getByRole('button', { name: 'Berta Beispiel' }).waitFor();
    },
    async two(page) {
        bridge.show(callFrame('server.call-held'));
        bridge.show(callFrame('server.call-connected-probable', { id: 'c-8' }));
        bridge.show(callFrame('server.call-ringing-unknown'));
        await card(page, 'held').waitFor();
        await page.getByText('probably').waitFor();
        await picture(page, 'several-calls');
    },
    async ended(page) {
        for (const reason of [
            'hangup',
            'abandoned',
            'answered-elsewhere',
            'diverted',
            'busy',
            'failed',
            'transferred'
        ]) {
            bridge.reset();
            bridge.show(callFrame(`server.call-ended-${reason}`));
            await card(page, 'ended').waitFor();
            await picture(page, `ended-${reason}`);
        }
        await page.getByTitle('Remove this call from the list').click();
        await page.getByText('No calls at the moment.').waitFor();
    },
    async dial(page) {
        const box = page.getByRole('textbox', { name: 'Telephone number' });
        await box.fill('030 23125-101');
        await box.press('Enter');
        await card(page, 'dialing').waitFor();
        const [typed] = bridge.of('dial');
        assert.equal(typed.number, '030 23125-101');
        assert.equal(typed.record, undefined);
        await until('the box is empty', async () => (await box.inputValue()) === '');
        await picture(page, 'dialing');
        await page.getByRole('button', { name: 'Hang up' }).click();
        await until('callAction', () =>
            bridge.of('callAction').some(({ action }) => action === 'hangup')
        );
        bridge.reset();
        await page.getByTitle('Call 030 23125 102').click();
        await until('dial from the record', () => bridge.of('dial').length === 1);
        assert.deepEqual(bridge.of('dial')[0].record, {
            object: 'Contact',
            id: '003000000000001AAA'
        });
        await box.fill('99999');
        await box.press('Enter');
        await page.getByText('This is not a telephone number.').waitFor();
        assert.equal(await box.inputValue(), '99999', 'a refused number must stay to be corrected');
        await picture(page, 'dial-refused');
    },
    async consult(page) {
        const held = callFrame('server.call-held', { id: 'c-1', revision: 5 });
        held.call.actions = ['swap', 'hangup'];
        const second = callFrame('server.call-connected-probable', { id: 'c-2', revision: 2 });
        second.call.actions = ['hold', 'transfer', 'complete', 'swap', 'hangup'];
        bridge.show(held);
        bridge.show(second);
        await card(page, 'held').waitFor();
        await page.setViewportSize({ width: 340, height: 800 });
        await picture(page, 'consult');
        const boxes = await card(page, 'connected')
            .locator('[data-action] button')
            .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
        assert.equal(boxes.length, 5);
        assert.ok(
            boxes.at(-1).top > boxes[0].top,
            'the buttons are in one row: nothing is seen here'
        );
        for (const [i, a] of boxes.entries()) {
            for (const b of boxes.slice(i + 1)) {
                const apart = Math.max(b.left - a.right, a.left - b.right, b.top - a.bottom);
                assert.ok(apart >= 4, `buttons are ${apart} px apart`);
            }
        }
        await page.setViewportSize({ width: 1280, height: 800 });
        await card(page, 'connected').locator('[data-action=complete]').click();
        await until('callAction', () =>
            bridge
                .of('callAction')
                .some(({ action, call }) => action === 'complete' && call === 'c-2')
        );
    },
    async note(page) {
        bridge.show(callFrame('server.call-connected-probable', { id: 'c-1' }));
        const box = page.getByLabel('Note', { exact: true });
        await box.pressSequentially('Wants the new price ');
        await until('the note', () => bridge.of('note').at(-1)?.text === 'Wants the new price ');
        await page.getByText('Saved').waitFor();
        await box.pressSequentially('list');
        assert.equal(await box.inputValue(), 'Wants the new price list');
        await page.getByLabel('Outcome').selectOption('Call back');
        await page.getByLabel('Follow up on').fill('2026-11-30');
        await page.locator('#home').focus(); // leaving saves at once
        await until('the whole note', () => bridge.of('note').at(-1).followUp === '2026-11-30');
        assert.deepEqual(bridge.calls.get('c-1').note, {
            text: 'Wants the new price list',
            disposition: 'Call back',
            followUp: '2026-11-30'
        });
        await picture(page, 'note');
        await page.reload();
        await box.waitFor();
        assert.equal(await box.inputValue(), 'Wants the new price list');
        assert.equal(await page.getByLabel('Outcome').inputValue(), 'Call back');
        assert.equal(await page.getByLabel('Follow up on').inputValue(), '2026-11-30');
        await page.setViewportSize({ width: 340, height: 800 });
        await picture(page, 'note-340');
        await page.setViewportSize({ width: 1280, height: 800 });

        // a broken line: it says so, and saves after the reconnect
        bridge.refuse = { code: 1012, reason: 'restart' };
        bridge.drop();
        await page.getByText('Not connected', { exact: true }).first().waitFor();
        await box.fill('Wants the new price list, and a call');
        await page.locator('#home').focus();
        await page.getByText('Not saved yet').waitFor();
        await picture(page, 'note-unsaved');
        bridge.refuse = null;
        await until('the note after the reconnect', () =>
            bridge.calls.get('c-1').note.text.endsWith('and a call')
        );
        await page.getByText('Saved').waitFor();

        // after the end there is still time to write
        bridge.show(callFrame('server.call-ended-hangup', { id: 'c-1', revision: 90 }));
        await card(page, 'ended').waitFor();
        assert.equal(await box.inputValue(), '', 'the bridge has no note on the ended call');
        await box.fill('Afterthought');
        await until(
            'the afterthought',
            () => bridge.calls.get('c-1').note?.text === 'Afterthought'
        );
    },
    async noteWhileItRings(page) {
        bridge.show(callFrame('server.call-connected-probable', { id: 'c-1' }));
        const box = page.getByLabel('Note', { exact: true });
        await box.pressSequentially('Half a ');
        bridge.show(callFrame('server.call-ringing-several'));
        await card(page, 'ringing').waitFor();
        await page.keyboard.type('sentence');
        assert.equal(await box.inputValue(), 'Half a sentence', 'the call took the focus');
        assert.equal(await box.count(), 1, 'a ringing call needs no box');
        await picture(page, 'note-while-it-rings');
    },
    async handedOn(page) {
        const ringing = callFrame('server.call-transferred-by');
        bridge.show(ringing);
        await page.getByText('Note of 1001').waitFor();
        await page.getByText('Wants the new price list · Call back · 2026-11-30').waitFor();
        await picture(page, 'handed-on');
        bridge.show({
            type: 'call',
            call: {
                ...ringing.call,
                state: 'connected',
                revision: 3,
                answeredAt: new Date().toISOString()
            }
        });
        const box = page.getByLabel('Note', { exact: true });
        await box.waitFor();
        assert.equal(await box.inputValue(), 'Wants the new price list');
        await box.press('Control+End');
        await box.pressSequentially(', sent');
        await until('the longer note', () => bridge.of('note').at(-1)?.text.endsWith('list, sent'));
        assert.equal(
            bridge.of('note').at(-1).disposition,
            'Call back',
            'what the first agent chose'
        );
    },
    async attach(page) {
        bridge.show(callFrame('server.call-connected-probable', { id: 'c-1', chosen: undefined }));
        await card(page, 'connected').waitFor();
        assert.equal(await page.getByRole('button', { name: 'Attach to this call' }).count(), 0);
        await page.evaluate(() => (location.hash = '/Contact/003000000000002AAA'));
        const offer = page.getByRole('group', { name: 'You opened a record during this call' });
        await offer.getByRole('button', { name: 'Carl Muster' }).waitFor();
        await picture(page, 'attach-offered');
        await offer.getByRole('button', { name: 'Attach to this call' }).click();
        await until('choose', () => bridge.of('choose').length === 1);
        const { request, ...sent } = bridge.of('choose')[0];
        assert.ok(request);
        assert.deepEqual(sent, {
            type: 'choose',
            call: 'c-1',
            record: { object: 'Contact', id: '003000000000002AAA' }
        });
        await offer.waitFor({ state: 'detached' });
        const attached = page.locator('[data-id=attached]');
        await attached.getByText('Carl Muster').waitFor();
        await page.getByText('The record is attached to the call.').waitFor({ state: 'attached' });
        await page.setViewportSize({ width: 340, height: 800 });
        await picture(page, 'attached');
        await page.setViewportSize({ width: 1280, height: 800 });
        // it can be changed, also to one that is created now
        await page.evaluate(() => (location.hash = '/Lead/new'));
        await offer.waitFor({ state: 'detached' });
        await page.locator('input[name=LastName]').fill('Neumann');
        await page.locator('input[name=LastName]').press('Enter');
        await offer.getByText('Neumann').waitFor();
        await offer.getByRole('button', { name: 'Attach this one instead' }).click();
        await attached.getByText('Neumann').waitFor();
        await page.reload();
        await attached.getByText('Neumann').waitFor();
    },
    async sound() {
        const context = await newContext();
        await context.addInitScript(fakeSound, { allowed: true });
        const [one, two] = [await openDemo(context), await openDemo(context)];
        const sounding = async () =>
            (
                await Promise.all([one, two].map((page) => page.evaluate(() => window.sounding)))
            ).reduce((a, b) => a + b);
        const started = async () =>
            (
                await Promise.all([one, two].map((page) => page.evaluate(() => window.started)))
            ).reduce((a, b) => a + b);
        bridge.show(callFrame('server.call-ringing-known'));
        await until('the ring tone', async () => (await sounding()) === 1);
        await new Promise((resolve) => setTimeout(resolve, 1000));
        assert.equal(await started(), 1, 'more than one tab rings');
        const talking = callFrame('server.call-connected-probable', { id: 'c-1', revision: 5 });
        bridge.show(talking);
        await until('silence once answered', async () => (await sounding()) === 0);
        bridge.show(callFrame('server.call-ringing-several'));
        await new Promise((resolve) => setTimeout(resolve, 1000));
        assert.equal(await started(), 1, 'it rang during a call');
        bridge.reset();

        // the tab that rings goes: the other one goes on, and stops at the withdrawal
        bridge.show(callFrame('server.call-ringing-unknown'));
        await until('the second tone', async () => (await sounding()) === 1);
        const rings = (await one.evaluate(() => window.sounding)) ? one : two;
        const other = rings === one ? two : one;
        await rings.close();
        await until(
            'the other tab',
            async () => (await other.evaluate(() => window.sounding)) === 1
        );
        const before = await other.evaluate(() => window.started);
        await other.getByRole('button', { name: 'Mute the ring tone' }).click();
        await until('muted', async () => (await other.evaluate(() => window.sounding)) === 0);
        await picture(other, 'muted');
        await other.getByRole('button', { name: 'Turn the ring tone on' }).click();
        await until('unmuted', async () => (await other.evaluate(() => window.sounding)) === 1);
        assert.equal(await other.evaluate(() => window.started), before + 1);
        const gone = callFrame('server.call-ended-abandoned', { revision: 20 });
        bridge.show({
            ...gone,
            call: { ...gone.call, id: callFrame('server.call-ringing-unknown').call.id }
        });
        await until('withdrawn', async () => (await other.evaluate(() => window.sounding)) === 0);
        bridge.send(frame('server.settings-plain'));
        await other
            .getByRole('button', { name: 'Mute the ring tone' })
            .waitFor({ state: 'detached' });
        bridge.show(callFrame('server.call-ringing-withheld'));
        await card(other, 'ringing').waitFor();
        assert.equal(await other.evaluate(() => window.sounding), 0, 'rang against the settings');
        await context.close();
    },
    async soundBlocked() {
        const context = await newContext();
        await context.addInitScript(fakeSound, { allowed: false });
        const page = await openDemo(context);
        bridge.show(callFrame('server.call-ringing-known'));
        await page.getByText('Your browser does not let the phone ring yet.').waitFor();
        await picture(page, 'sound-blocked');
        assert.equal(await page.evaluate(() => window.started), 0);
        await page.locator('#record').click();
        await until('the ring tone', () => page.evaluate(() => window.sounding === 1));
        await page.getByText('Your browser does not let').waitFor({ state: 'detached' });
        await context.close();
    },
    async realSound() {
        // Chromium's own sound, after a click as it wants it
        const context = await newContext();
        await context.addInitScript(() => {
            const { start } = AudioBufferSourceNode.prototype;
            AudioBufferSourceNode.prototype.start = function (...args) {
                window.played = {
                    state: this.context.state,
                    seconds: this.buffer.duration,
                    loop: this.loop
                };
                return start.apply(this, args);
            };
        });
        const page = await openDemo(context);
        await page.locator('#record').click();
        bridge.show(callFrame('server.call-ringing-known'));
        await until('the tone', () => page.evaluate(() => window.played));
        assert.deepEqual(await page.evaluate(() => window.played), {
            state: 'running',
            seconds: 3,
            loop: true
        });
        await context.close();
    },
    async reconnect(page) {
        const before = bridge.signIns.length;
        bridge.show(callFrame('server.call-ringing-known'));
        bridge.drop();
        bridge.calls.clear();
        bridge.calls.set('c-3', callFrame('server.call-ringing-unknown').call);
        await until('signed in again', () => bridge.signIns.length > before);
        assert.match(
            bridge.signIns.at(-1).resume,
            /^resume-/,
            'a restart of the bridge must need no ticket'
        );
        await page.getByText('+49 30 23125999').first().waitFor();
        assert.equal(await card(page, 'ringing').count(), 1, 'welcome replaces all calls');
    },
    async tabs(page, context) {
        const second = await openDemo(context);
        bridge.show(callFrame('server.call-ringing-known'));
        for (const each of [page, second]) {
            await card(each, 'ringing').waitFor();
        }
        assert.notEqual(bridge.signIns.at(-1).tab.id, bridge.signIns.at(-2).tab.id);
        await second.close();
    },
    async refused(page, context) {
        for (const [code, reason, words] of [
            [4403, 'no agent has this user’s e-mail address', 'No agent has this user'],
            [4401, 'org', 'does not know this Salesforce org'],
            [4409, 'replaced', 'opened again elsewhere']
        ]) {
            bridge.refuse = { code, reason };
            const other = await context.newPage();
            await other.goto(url);
            await other.getByText(words).waitFor();
            await picture(other, `refused-${code}`);
            bridge.refuse = null;
            await other
                .getByRole('button', { name: code === 4409 ? 'Use the phone here' : 'Try again' })
                .click();
            await other.getByText('Connected · 1001').waitFor();
            await other.close();
        }
    },
    async unreachable(page, context) {
        const closed = await freePort();
        const address = `127.0.0.1:${closed}`;
        const other = await context.newPage();
        await other.route('**/demo/config', async (route) => {
            const response = await route.fetch();
            await route.fulfill({
                json: { ...(await response.json()), bridge: `ws://${address}/agent/ws` }
            });
        });
        await other.goto(url);
        await other.getByText(`The phone bridge at ${address} cannot be reached.`).waitFor();
        await picture(other, 'unreachable');
        await other.close();
        expected(address);
    },
    async german() {
        const context = await newContext({ locale: 'de-DE' });
        const page = await context.newPage();
        await page.goto(url);
        await page.getByText('Verbunden · 1001').waitFor();
        bridge.show(callFrame('server.call-ringing-several'));
        await page.getByText('3 Datensätze haben diese Nummer. Wer ist es?').waitFor();
        await picture(page, 'german');
        await context.close();
    },
    async demo(page) {
        await page.getByRole('button', { name: /Known contact/ }).click();
        await page.getByRole('button', { name: 'Answer' }).click();
        await card(page, 'connected').waitFor();
        await page.getByRole('button', { name: /Known contact/ }).click();
        await page.getByText('The phone is busy: hang up first.').waitFor();
        await picture(page, 'demo-talking');
        await page.locator('#lcd').getByRole('button', { name: 'Hang up' }).click();
        await card(page, 'ended').waitFor();
        expected('409 (Conflict)');
    },
    async softphone(page, context) {
        const phone = await context.newPage();
        await phone.setViewportSize({ width: 420, height: 700 });
        await phone.goto(`${url}/softphone`);
        await phone.getByText('Connected · 1001').waitFor();
        bridge.show(callFrame('server.call-ringing-known'));
        await card(phone, 'ringing').waitFor();
        await picture(phone, 'softphone');
        const phoneSocket = [...bridge.sockets].at(-1);
        phoneSocket.send(JSON.stringify(frame('server.navigate-record')));
        await phone.getByRole('alert').waitFor();
        assert.equal(bridge.of('navigated').length, 0, 'acknowledged what it cannot open');
        bridge.reset();
        const link = await context.newPage();
        await link.setViewportSize({ width: 420, height: 400 });
        await link.goto(`${url}/dial?to=tel:%2B493023125101`);
        await link.getByText('Your phone is ready.').waitFor();
        await picture(link, 'dial-page');
        assert.equal(bridge.of('dial').length, 0, 'the page dialled on load');
        await link.getByRole('button', { name: 'Call' }).click();
        await link.getByText('Your phone rings').waitFor();
        assert.equal(bridge.of('dial').length, 1);
        await link.close();
        await phone.close();
    }
};

/** Runs in the page: sound that only counts, allowed at once or after a click. */
function fakeSound({ allowed }) {
    Object.assign(window, { started: 0, sounding: 0 });
    let clicked = allowed;
    let wake;
    const woken = new Promise((resolve) => {
        wake = resolve;
    });
    addEventListener('pointerdown', () => {
        clicked = true;
        wake();
    });
    window.AudioContext = class {
        sampleRate = 8000;
        get state() {
            return clicked ? 'running' : 'suspended';
        }
        resume() {
            return clicked ? Promise.resolve() : woken;
        }
        close() {
            return Promise.resolve();
        }
        createBuffer(channels, length) {
            return { sampleRate: 8000, getChannelData: () => new Float32Array(length) };
        }
        createBufferSource() {
            return {
                connect() {},
                start() {
                    window.started++;
                    window.sounding++;
                },
                stop() {
                    window.sounding--;
                }
            };
        }
    };
}

let failed = 0;
const context = await newContext();
for (const [name, test] of Object.entries(tests).filter(
    ([each]) => !only || only.split(',').includes(each)
)) {
    bridge.calls.clear();
    bridge.received = [];
    server.clearPhone();
    const page = await openDemo(context);
    try {
        await test(page, context);
        console.log(`ok ${name}`);
    } catch (error) {
        failed++;
        console.log(`FAILED ${name}: ${error.message}`);
        if (shots) {
            await page.screenshot({ path: path.join(shots, `failed-${name}.png`) });
        }
    }
    await page.close();
}
await browser.close();
await server.close();
complaints.forEach((text) => console.log(`complaint: ${text}`));
process.exit(failed || complaints.length ? 1 : 0);
