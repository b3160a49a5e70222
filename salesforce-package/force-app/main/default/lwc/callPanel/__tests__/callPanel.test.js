import getTicket from '@salesforce/apex/CtiTicketController.getTicket';
import { forget, publish } from 'lightning/messageService';
import { CurrentPageReference, navigate } from 'lightning/navigation';
import { open, updateUtility } from 'lightning/platformUtilityBarApi';
import { IsConsoleNavigation, getFocusedTabInfo, openTab } from 'lightning/platformWorkspaceApi';
import CTI_DIAL from '@salesforce/messageChannel/CtiDial__c';
import { fakeAudio } from 'test/fakeAudio';
import { callOf, frame } from 'test/frames';
import { cleanPage, flush } from 'test/flush';
import { connectPanel, openPanel } from 'test/panel';

jest.mock('@salesforce/apex/CtiTicketController.getTicket', () => ({ default: jest.fn() }), {
    virtual: true
});

// Fake timers here; axe needs real ones, so accessibility has its own file.
beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-21T09:00:01.000Z') });
    getTicket.mockResolvedValue({ ticket: 'e30.e30.c2ln', bridgeUrl: 'https://cti.example.com' });
});

afterEach(() => {
    cleanPage();
    forget();
    jest.clearAllMocks();
    jest.useRealTimers();
});

const from = (panel, detail, name, index = 0) =>
    panel.cards()[index].dispatchEvent(new CustomEvent(name, { detail }));

describe('the line', () => {
    it('says how it stands', async () => {
        const panel = await openPanel();
        expect(panel.text('status')).toBe('c.CtiConnecting');
        expect(panel.element.connected).toBe(false);
        panel.line().serverOpen();
        await panel.tell(frame('server.welcome'));
        expect(panel.text('status')).toBe('c.CtiConnected · 1001');
        expect(panel.element.connected).toBe(true);
        expect(panel.cards()).toHaveLength(1);
    });

    it('shows why it is closed, and opens again on a click', async () => {
        const panel = await connectPanel();
        panel.line().serverClose(4403, 'the agent is disabled');
        await flush();
        const notice = panel.root.querySelector('c-connection-notice');
        expect(notice.advice.text).toBe('The agent is disabled.');
        expect(updateUtility.mock.lastCall[1].icon).toBe('offline');
        notice.dispatchEvent(new CustomEvent('retry'));
        await flush();
        panel.line().serverWelcome(frame('server.welcome'));
        await flush();
        expect(panel.root.querySelector('c-connection-notice')).toBeNull();
    });

    it('keeps saying why while it tries again', async () => {
        const panel = await openPanel();
        panel.line().serverClose();
        await flush();
        jest.advanceTimersByTime(500);
        await flush();
        expect(panel.text('status')).toBe('c.CtiConnecting');
        expect(panel.root.querySelector('c-connection-notice')).not.toBeNull();
    });

    it('tells the bridge of a console and of its focus', async () => {
        const panel = await openPanel();
        IsConsoleNavigation.emit(true);
        panel.line().serverOpen();
        expect(panel.sent('authenticate')[0].tab.console).toBe(true);
    });

    it('closes with the panel', async () => {
        const panel = await connectPanel();
        const line = panel.line();
        cleanPage();
        expect(line.closed).toBe(true);
        expect(jest.getTimerCount()).toBe(0);
    });

    it('shows what the bridge complains of', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.error'));
        expect(panel.text('problem')).toContain('Update the bridge.');
    });
});

describe('a call that rings', () => {
    it('is announced and brings the phone up, once', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-pending'), {
            type: 'call',
            call: callOf('server.call-ringing-unknown', { revision: 2 })
        });
        expect(panel.text('announcement')).toBe('c.CtiAnnounceRinging');
        expect(open).toHaveBeenCalledTimes(1);
        expect(open).toHaveBeenCalledWith('utility-1', { autoFocus: false });
        expect(updateUtility.mock.lastCall[1]).toMatchObject({ highlighted: true });
        expect(document.activeElement).toBe(document.body);
    });

    it('is not announced when it is our own', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-dialing'));
        expect(panel.text('announcement')).toBe('');
        expect(open).not.toHaveBeenCalled();
    });

    it('is brought up after a reconnect too', async () => {
        await connectPanel().then((panel) => panel.tell(frame('server.welcome')));
        expect(open).toHaveBeenCalledTimes(1);
    });

    it('runs its time and goes some seconds after its end', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-known'));
        jest.advanceTimersByTime(6000);
        await flush();
        expect(panel.cards()[0].now).toBe(Date.parse('2026-11-21T09:00:07.000Z'));
        await panel.tell(frame('server.call-ended-hangup'));
        expect(panel.cards()).toHaveLength(1);
        jest.advanceTimersByTime(60000);
        await flush();
        expect(panel.cards()).toHaveLength(0);
        expect(panel.text('none')).toBe('c.CtiNoCalls');
    });

    it('stays while the agent is at work in it, and goes when put away', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ended-abandoned'));
        from(panel, true, 'busy');
        jest.advanceTimersByTime(60000);
        await flush();
        expect(panel.cards()).toHaveLength(1);
        from(panel, false, 'busy');
        from(panel, undefined, 'dismiss');
        await flush();
        expect(panel.cards()).toHaveLength(0);
    });
});

describe('records', () => {
    const contact = { object: 'Contact', id: '003000000000001AAA' };
    const page = {
        type: 'standard__recordPage',
        attributes: { recordId: contact.id, objectApiName: 'Contact', actionName: 'view' }
    };

    it.each(['record', 'create', 'search'])('follows and confirms: %s', async (kind) => {
        const panel = await connectPanel();
        const asked = frame(`server.navigate-${kind}`);
        await panel.tell(asked);
        expect(navigate).toHaveBeenCalledTimes(1);
        expect(panel.sent('navigated')).toEqual([{ type: 'navigated', pop: asked.pop }]);
    });

    it('open in a tab of their own in a console', async () => {
        const panel = await connectPanel();
        IsConsoleNavigation.emit(true);
        await panel.tell(frame('server.navigate-record'));
        expect(openTab).toHaveBeenCalledWith({ pageReference: page, focus: true });
        expect(navigate).not.toHaveBeenCalled();
        expect(panel.sent('navigated')).toHaveLength(1);
    });

    it('are not confirmed when they could not be opened', async () => {
        const panel = await connectPanel();
        IsConsoleNavigation.emit(true);
        openTab.mockRejectedValueOnce(new Error('no more tabs'));
        await panel.tell(frame('server.navigate-record'));
        expect(panel.sent('navigated')).toEqual([]);
    });

    it('open by a click', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-known'));
        from(panel, contact, 'open');
        expect(navigate).toHaveBeenCalledWith(page);
    });

    it('are chosen by a click, told to the bridge and opened', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-several'));
        const { record } = frame('client.choose');
        from(panel, record, 'choose');
        await flush();
        expect(panel.sent('choose')).toEqual([frame('client.choose')]);
        expect(panel.cards()[0].call.chosen).toEqual(record);
        expect(navigate).toHaveBeenCalledTimes(1);
    });

    it('are created with the number', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-unknown'));
        from(panel, { object: 'Lead', number: '+493023125999' }, 'create');
        expect(navigate.mock.lastCall[0]).toMatchObject({
            attributes: { objectApiName: 'Lead', actionName: 'new' },
            state: { defaultFieldValues: 'Phone=%2B493023125999' }
        });
    });
});

describe('dialling', () => {
    const pad = (panel) => panel.root.querySelector('c-dial-pad');
    const dial = (panel, number) =>
        pad(panel).dispatchEvent(new CustomEvent('dial', { detail: { number } }));
    const answer = (panel, name) => {
        const { request } = panel.line().sent.at(-1);
        return panel.tell({ ...frame(name), request });
    };

    it('sends what was typed and clears the box when it was taken', async () => {
        const panel = await connectPanel();
        const clear = jest.spyOn(pad(panel), 'clear');
        dial(panel, '030 23125-101');
        expect(panel.sent('dial')[0]).toMatchObject({ number: '030 23125-101' });
        await answer(panel, 'server.result-ok');
        expect(clear).toHaveBeenCalledTimes(1);
        expect(panel.text('problem')).toBeUndefined();
    });

    it('says why it was refused and keeps the number', async () => {
        const panel = await connectPanel();
        const clear = jest.spyOn(pad(panel), 'clear');
        dial(panel, '030');
        await answer(panel, 'server.result-error');
        expect(clear).not.toHaveBeenCalled();
        expect(panel.text('problem')).toContain(frame('server.result-error').error.message);
    });

    it('takes the numbers of record pages', async () => {
        const panel = await connectPanel();
        const { record } = frame('client.dial');
        publish({}, CTI_DIAL, {
            number: '+493023125101',
            recordId: record.id,
            objectApiName: 'Contact'
        });
        const { request, ...sent } = panel.sent('dial')[0];
        expect({ ...sent, request: 'r-1' }).toEqual(frame('client.dial'));
        expect(request).toBeTruthy();
        expect(open.mock.calls.length + updateUtility.mock.calls.length).toBeGreaterThan(0);
    });

    it('says that there is no line', async () => {
        const panel = await openPanel();
        expect(await panel.element.dial('1002')).toBe(false);
        await flush();
        expect(panel.text('problem')).toContain('c.CtiErrorNotConnected');
        expect(pad(panel).disabled).toBe(true);
    });

    it('asks the switch for what a card’s button says', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-known'));
        from(panel, { action: 'hangup' }, 'action');
        from(panel, { action: 'transfer', to: '103' }, 'action');
        const [{ request, ...first }, { request: second, ...transfer }] = panel.sent('callAction');
        expect({ ...first, request: 'r-3' }).toEqual(frame('client.call-action'));
        expect({ ...transfer, request: 'r-7' }).toEqual(frame('client.call-action-transfer'));
        expect(second).not.toBe(request);
    });
});

describe('recent calls', () => {
    const answer = (panel, request) =>
        panel.tell({ ...frame('server.result-recent'), request: request.request });
    const list = (panel) => panel.root.querySelector('c-recent-calls');

    it('are asked for after the welcome and after each call, and seen when shown', async () => {
        const panel = await connectPanel();
        expect(panel.sent('recent')).toHaveLength(0);
        jest.advanceTimersByTime(3000);
        await flush();
        expect(panel.sent('recent')).toHaveLength(1);
        expect(panel.sent('recent')[0].seen).toBeUndefined();
        await answer(panel, panel.sent('recent')[0]);
        expect(list(panel).calls).toHaveLength(5);

        await panel.tell({ type: 'call', call: callOf('server.call-ended-abandoned') });
        expect(panel.sent('recent')).toHaveLength(2);
        list(panel).dispatchEvent(new CustomEvent('shown', { detail: true }));
        await flush();
        expect(panel.sent('recent').at(-1).seen).toBe(true);
    });

    it('stay as they were without an answer, and call back', async () => {
        const panel = await connectPanel();
        jest.advanceTimersByTime(3000);
        await flush();
        await answer(panel, panel.sent('recent')[0]);
        await panel.tell({ type: 'call', call: callOf('server.call-ended-abandoned') });
        await panel.tell({
            ...frame('server.result-error'),
            request: panel.sent('recent')[1].request
        });
        expect(list(panel).calls).toHaveLength(5);
        expect(panel.text('problem')).toBeUndefined();
        const detail = { number: '+493023125101', record: { object: 'Contact', id: 'x' } };
        list(panel).dispatchEvent(new CustomEvent('callback', { detail }));
        await flush();
        expect(panel.sent('dial')[0]).toMatchObject({ type: 'dial', ...detail });
    });
});

describe('settings', () => {
    const shared = () => frame('server.welcome-shared');
    const choice = (panel) => panel.root.querySelector('c-device-choice');

    it('lets the agent choose the telephone for the day', async () => {
        const panel = await connectPanel();
        await panel.tell(shared());
        expect(choice(panel).settings.devices).toHaveLength(2);
        choice(panel).dispatchEvent(new CustomEvent('choose', { detail: { id: 'toy/1050' } }));
        expect(panel.sent('device')).toEqual([frame('client.device')]);
        await panel.tell(frame('server.settings'));
        expect(panel.text('status')).toBe('c.CtiConnected · 1050');
    });

    it('says why a chosen telephone is gone', async () => {
        const panel = await connectPanel();
        await panel.tell(shared(), frame('server.error-device-taken'));
        expect(panel.text('problem')).toContain('c.CtiErrorDeviceTaken');
    });

    it.each([
        ['ringing', true, [], 1],
        ['hand', true, [], 0],
        ['ringing', true, ['server.call-held'], 0],
        ['ringing', false, ['server.call-held'], 1]
    ])('pops on %s, quiet in a call %s, beside %s', async (popOn, quietInCall, others, times) => {
        const panel = await connectPanel();
        await panel.tell({ type: 'settings', settings: { popOn, quietInCall, sound: true } });
        await panel.tell(...others.map((name) => frame(name)));
        open.mockClear();
        await panel.tell(frame('server.call-ringing-known'));
        expect(open).toHaveBeenCalledTimes(times);
    });

    it('drops a private call at once', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ended-hangup'));
        const { id, revision } = frame('server.call-ended-hangup').call;
        const erased = frame('server.call-ended-private');
        Object.assign(erased.call, { id, revision: revision + 1 });
        await panel.tell(erased);
        expect(panel.cards()).toHaveLength(0);
    });
});

/** Answers the newest frame of a type. */
async function settle(panel, type, error) {
    const { request } = panel.sent(type).at(-1);
    await panel.tell({ type: 'result', request, ok: !error, ...(error && { error }) });
}

describe('notes', () => {
    const note = { text: 'Wants the new price list', disposition: 'Call back', followUp: '' };
    const talking = (changes) => ({
        type: 'call',
        call: callOf('server.call-connected-attached', { note: undefined, ...changes })
    });
    const attached = () => frame('server.call-connected-attached');

    it('are saved by themselves, and at once when the box is left', async () => {
        const panel = await connectPanel();
        await panel.tell(talking());
        from(panel, note, 'write');
        await flush();
        expect(panel.cards()[0].note).toEqual(note);
        expect(panel.sent('note')).toHaveLength(0);
        from(panel, undefined, 'leave');
        expect(panel.sent('note')[0]).toMatchObject({
            type: 'note',
            call: 'c-2',
            text: note.text,
            disposition: note.disposition
        });
        await settle(panel, 'note');
        expect(panel.cards()[0].noteState).toBe('saved');
    });

    it('are what the bridge has, after a reload as well', async () => {
        const panel = await connectPanel();
        await panel.tell({ ...frame('server.welcome'), calls: [attached().call] });
        expect(panel.cards()[0].note).toEqual(attached().call.note);
    });

    it('outlive a broken line', async () => {
        const panel = await connectPanel();
        await panel.tell(talking());
        panel.line().serverClose();
        from(panel, note, 'write');
        from(panel, undefined, 'leave');
        await flush();
        expect(panel.cards()[0].noteState).toBe('failed');
        jest.advanceTimersByTime(500);
        await flush();
        panel.line().serverOpen();
        await panel.tell({ ...frame('server.welcome'), calls: [talking().call] });
        expect(panel.cards()[0].note).toEqual(note);
        expect(panel.sent('note')).toHaveLength(1);
        await settle(panel, 'note');
        expect(panel.cards()[0].noteState).toBe('saved');
    });

    it('stay in sight where the bridge has lost the call', async () => {
        const panel = await connectPanel();
        await panel.tell(talking());
        from(panel, note, 'write');
        await panel.tell({ ...frame('server.welcome'), calls: [] });
        expect(panel.cards()[0].call.state).toBe('ended');
        await settle(panel, 'note', frame('server.result-error-note').error);
        expect(panel.cards()[0].noteState).toBe('lost');
        jest.advanceTimersByTime(120000);
        await flush();
        expect(panel.cards()[0].note).toEqual(note);
        from(panel, undefined, 'dismiss');
        await flush();
        expect(panel.cards()).toHaveLength(0);
    });

    it('are saved before the tab goes', async () => {
        const panel = await connectPanel();
        await panel.tell(talking());
        from(panel, note, 'write');
        const hidden = jest.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
        document.dispatchEvent(new CustomEvent('visibilitychange'));
        expect(panel.sent('note')).toHaveLength(1);
        hidden.mockRestore();
        from(panel, { ...note, text: 'more' }, 'write');
        await settle(panel, 'note');
        const line = panel.line();
        cleanPage();
        expect(line.sent.at(-1)).toMatchObject({ type: 'note', text: 'more' });
        expect(jest.getTimerCount()).toBe(0);
    });

    it('of a private call are forgotten, not sent', async () => {
        const panel = await connectPanel();
        await panel.tell(talking());
        from(panel, note, 'write');
        const erased = frame('server.call-ended-private');
        Object.assign(erased.call, { id: 'c-2', revision: 99 });
        await panel.tell(erased);
        jest.advanceTimersByTime(60000);
        await flush();
        expect(panel.sent('note')).toHaveLength(0);
    });

    it('have the outcomes of the settings', async () => {
        const panel = await connectPanel();
        await panel.tell(talking(), frame('server.settings-outcomes'));
        expect(panel.cards()[0].dispositions).toEqual(['Sold', 'Call back', 'No interest']);
    });
});

it('hands on which fields of a match are to be shown', async () => {
    const panel = await connectPanel();
    await panel.tell(frame('server.call-ringing-known'), frame('server.settings-fields'));
    expect(panel.cards()[0].shown).toEqual(frame('server.settings-fields').settings.fields);
});

describe('attaching', () => {
    const contact = { object: 'Contact', id: '003000000000002AAA' };
    const page = (record) => ({
        type: 'standard__recordPage',
        attributes: { recordId: record.id, objectApiName: record.object, actionName: 'view' }
    });
    const started = () => ({
        type: 'call',
        call: callOf('server.call-held', { startedAt: '2026-11-21T09:00:00.000Z' })
    });

    it('is offered for a record that is opened during the call', async () => {
        const panel = await connectPanel();
        CurrentPageReference.emit({ type: 'standard__namedPage', attributes: {} });
        await panel.tell(started());
        expect(panel.cards()[0].offered).toBeUndefined();
        CurrentPageReference.emit(page(contact));
        await flush();
        expect(panel.cards()[0].offered).toEqual(contact);
        from(panel, contact, 'attach');
        expect(panel.sent('choose')[0]).toMatchObject({ record: contact });
        await settle(panel, 'choose');
        expect(panel.cards()[0].call.chosen).toEqual(contact);
        expect(panel.cards()[0].offered).toBeUndefined();
        expect(panel.text('said')).toBe('c.CtiAttachDone');

        from(panel, null, 'attach'); // detached
        expect(panel.sent('choose')[1]).not.toHaveProperty('record');
        await settle(panel, 'choose');
        expect(panel.cards()[0].call.chosen).toBeNull();
        expect(panel.text('said')).toBe('');
    });

    it('says why it did not work', async () => {
        const panel = await connectPanel();
        await panel.tell(started());
        CurrentPageReference.emit(page(contact));
        await flush();
        from(panel, contact, 'attach');
        await settle(panel, 'choose', frame('server.result-error-note').error);
        expect(panel.text('problem')).toContain('There is no such call of yours.');
        expect(panel.cards()[0].offered).toEqual(contact);
        expect(panel.text('said')).toBe('');
    });

    it('asks a console which of its tabs is in front', async () => {
        const panel = await connectPanel();
        IsConsoleNavigation.emit(true);
        await panel.tell(started());
        CurrentPageReference.emit(page({ object: 'Lead', id: '00Q000000000001AAA' }));
        getFocusedTabInfo.mockResolvedValue({ tabId: 't', pageReference: page(contact) });
        jest.advanceTimersByTime(1000);
        await flush();
        expect(panel.cards()[0].offered).toEqual(contact);
        getFocusedTabInfo.mockRejectedValue(new Error('no tab'));
        jest.advanceTimersByTime(1000);
        await flush();
        expect(panel.cards()[0].offered).toEqual(contact);
        IsConsoleNavigation.emit(false);
    });
});

describe('the ring tone', () => {
    let heard;

    beforeEach(() => {
        heard = fakeAudio();
        global.AudioContext = heard.AudioContext;
        localStorage.clear();
    });

    afterEach(() => {
        cleanPage();
        delete global.AudioContext;
    });

    const mute = (panel) => panel.root.querySelector('[data-id="mute"]');
    const answered = () => ({
        type: 'call',
        call: callOf('server.call-held', { id: 'c-1', revision: 9, state: 'connected' })
    });
    const gone = () => ({
        type: 'call',
        call: callOf('server.call-ended-abandoned', { id: 'c-1', revision: 9 })
    });

    it.each([
        ['answered', answered],
        ['withdrawn', gone]
    ])('sounds until the call is %s', async (what, end) => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-known'));
        expect(heard.sounding).toBe(1);
        jest.advanceTimersByTime(5000);
        await flush();
        expect(heard.started).toBe(1);
        await panel.tell(end());
        expect(heard.sounding).toBe(0);
    });

    it('is silent in a call, unless it is wanted', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-held'), frame('server.call-ringing-known'));
        expect(heard.started).toBe(0);
        await panel.tell({
            type: 'settings',
            settings: { popOn: 'ringing', sound: true, quietInCall: false }
        });
        expect(heard.sounding).toBe(1);
        await panel.tell(frame('server.settings-plain'));
        expect(heard.sounding).toBe(0);
        expect(mute(panel)).toBeNull();
    });

    it('stops with the line and with the panel', async () => {
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-known'));
        panel.line().serverClose();
        await flush();
        expect(heard.sounding).toBe(0);
        jest.advanceTimersByTime(500);
        await flush();
        panel.line().serverWelcome(frame('server.welcome'));
        await flush();
        expect(heard.sounding).toBe(1);
        cleanPage();
        expect(heard.open).toBe(0);
    });

    it('can be muted', async () => {
        const panel = await connectPanel();
        expect(mute(panel).alternativeText).toBe('c.CtiRingMute');
        mute(panel).click();
        await flush();
        expect(mute(panel).alternativeText).toBe('c.CtiRingUnmute');
        await panel.tell(frame('server.call-ringing-known'));
        expect(heard.started).toBe(0);
        cleanPage();
        const next = await connectPanel();
        expect(mute(next).iconName).toBe('utility:volume_off');
    });

    it('says once what a browser wants that blocks it', async () => {
        heard.allow(false);
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-known'));
        expect(panel.text('ring-blocked')).toBeUndefined();
        jest.advanceTimersByTime(700);
        await flush();
        expect(panel.text('ring-blocked')).toContain('c.CtiRingBlockedCure');
        heard.allow(true);
        window.dispatchEvent(new CustomEvent('pointerdown'));
        await flush();
        expect(panel.text('ring-blocked')).toBeUndefined();
        expect(heard.sounding).toBe(1);
    });

    it('is not spoken of where there is no sound', async () => {
        delete global.AudioContext;
        const panel = await connectPanel();
        await panel.tell(frame('server.call-ringing-known'));
        expect(mute(panel)).toBeNull();
    });
});
