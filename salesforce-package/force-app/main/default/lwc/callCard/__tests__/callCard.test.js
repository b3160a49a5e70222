import { createElement } from 'lwc';
import CallCard from 'c/callCard';
import { callOf, frameNames } from 'test/frames';
import { cleanPage, flush } from 'test/flush';

afterEach(cleanPage);

function card(call) {
    const element = createElement('c-call-card', { is: CallCard });
    Object.assign(element, { call, now: Date.parse('2026-11-21T09:05:00.000Z') });
    document.body.append(element);
    const part = (id) => element.shadowRoot.querySelector(`[data-id="${id}"]`);
    return { element, part, text: (id) => part(id)?.textContent, root: element.shadowRoot };
}

const callFrames = frameNames('server').filter((name) => name.startsWith('server.call-'));

it.each(callFrames)('%s is shown, and accessible', async (name) => {
    const { element, text } = card(callOf(name));
    expect(text('state')).toMatch(/^c\.Cti/);
    await expect(element).toBeAccessible();
});

it('offers the one record of a known caller', async () => {
    const { element, root, text } = card(callOf('server.call-ringing-known'));
    const opened = jest.fn();
    element.addEventListener('open', ({ detail }) => opened(detail));
    const item = root.querySelector('c-match-item');
    expect(item.match.name).toBe('Berta Beispiel');
    item.dispatchEvent(new CustomEvent('open', { detail: { object: 'Contact', id: '1' } }));
    expect(opened).toHaveBeenCalledWith({ object: 'Contact', id: '1' });
    expect(text('number')).toBe('+49 30 23125101');
    expect(text('time')).toBe('5:00');
});

it('asks which of several it is', () => {
    const { element, root, text } = card(callOf('server.call-ringing-several'));
    const chosen = jest.fn();
    element.addEventListener('choose', ({ detail }) => chosen(detail));
    const list = root.querySelector('c-match-list');
    expect(list.matches).toHaveLength(3);
    list.dispatchEvent(new CustomEvent('choose', { detail: { object: 'Lead', id: '2' } }));
    expect(chosen).toHaveBeenCalledWith({ object: 'Lead', id: '2' });
    expect(text('who')).toBe('+49 30 23125200');
    expect(text('group')).toContain('c.CtiGroup');
    expect(root.querySelector('c-match-item')).toBeNull();
});

describe('the button to create a record', () => {
    it('is there when nobody has the number', () => {
        const { element, part } = card(callOf('server.call-ringing-unknown'));
        const created = jest.fn();
        element.addEventListener('create', ({ detail }) => created(detail));
        part('create').click();
        expect(created).toHaveBeenCalledWith({ object: 'Lead', number: '+493023125999' });
    });

    it.each([
        ['while the directory looks', 'server.call-ringing-pending', {}],
        ['if the group offers none', 'server.call-ringing-unknown', { create: undefined }],
        ['for a withheld number', 'server.call-ringing-withheld', { matches: [], create: 'Lead' }],
        ['for a colleague', 'server.call-ringing-internal', {}],
        ['for a known caller', 'server.call-ringing-known', { create: 'Lead' }]
    ])('is not there %s', (when, name, changes) => {
        expect(card(callOf(name, changes)).part('create')).toBeNull();
    });
});

it('says that the directory is being asked, except for colleagues and ended calls', () => {
    expect(card(callOf('server.call-ringing-pending')).part('pending')).not.toBeNull();
    expect(card(callOf('server.call-ringing-internal')).part('pending')).toBeNull();
    expect(
        card(callOf('server.call-ringing-pending', { state: 'ended' })).part('pending')
    ).toBeNull();
});

it('shows nothing of a withheld number', () => {
    const call = callOf('server.call-ringing-withheld');
    Object.assign(call.party, { number: '+493023125101', display: '+49 30 23125101' });
    const { root, text } = card(call);
    expect(text('who')).toBe('c.CtiWithheld');
    expect(root.textContent).not.toContain('23125101');
});

it('marks what was only inferred', () => {
    expect(card(callOf('server.call-connected-probable')).part('probable').title).toBe(
        'c.CtiProbableHelp'
    );
    expect(card(callOf('server.call-ringing-known')).part('probable')).toBeNull();
});

it('says why a call failed', () => {
    expect(card(callOf('server.call-ended-failed')).text('detail')).toBe(
        'The phone did not answer.'
    );
});

it('does not take a name from the switch for markup', () => {
    const call = callOf('server.call-ringing-internal');
    call.party.label = '<img src=x onerror=alert(1)>';
    const { root, text } = card(call);
    expect(text('who')).toBe(call.party.label);
    expect(root.querySelector('img')).toBeNull();
});

it('offers what the switch allows, and no more', () => {
    const { element, root } = card(
        callOf('server.call-held', { actions: ['hangup', 'retrieve', 'new'] })
    );
    const buttons = [...root.querySelectorAll('[data-action]')];
    expect(buttons.map(({ dataset }) => dataset.action)).toEqual(['retrieve', 'hangup']);
    const acted = jest.fn();
    element.addEventListener('action', ({ detail }) => acted(detail));
    buttons[1].click();
    expect(acted).toHaveBeenCalledWith({ action: 'hangup' });
});

describe('an action that needs a number', () => {
    const consulting = ['hold', 'transfer', 'consult', 'hangup'];

    async function asking(action) {
        const view = card(callOf('server.call-held', { state: 'connected', actions: consulting }));
        const acted = jest.fn();
        view.element.addEventListener('action', ({ detail }) => acted(detail));
        view.root.querySelector(`[data-action="${action}"]`).click();
        await flush();
        const type = async (value) => {
            view.part('target').dispatchEvent(new CustomEvent('change', { detail: { value } }));
            await flush();
        };
        return { ...view, acted, type };
    }

    it.each([
        ['transfer', 'c.CtiTransferTo'],
        ['consult', 'c.CtiConsultWith']
    ])('asks for it: %s', async (action, label) => {
        const { element, part, acted, type } = await asking(action);
        expect(part('target').label).toBe(label);
        expect(part('send').disabled).toBe(true);
        await expect(element).toBeAccessible();
        await type('030 23125-200');
        part('send').click();
        expect(acted).toHaveBeenCalledWith({ action, to: '030 23125-200' });
        await flush();
        expect(part('target')).toBeNull();
    });

    it('takes Enter, and Escape for no', async () => {
        const { part, acted, type } = await asking('transfer');
        const press = (key) =>
            part('target').dispatchEvent(Object.assign(new CustomEvent('keydown'), { key }));
        press('Enter');
        expect(acted).not.toHaveBeenCalled();
        await type('103');
        press('Enter');
        expect(acted).toHaveBeenCalledWith({ action: 'transfer', to: '103' });
        const other = await asking('consult');
        other
            .part('target')
            .dispatchEvent(Object.assign(new CustomEvent('keydown'), { key: 'Escape' }));
        await flush();
        expect(other.part('target')).toBeNull();
        expect(other.root.querySelectorAll('[data-action]')).toHaveLength(4);
    });

    it('is not asked for any longer once the switch cannot do it', async () => {
        const { element, part } = await asking('transfer');
        element.call = callOf('server.call-ended-hangup');
        await flush();
        expect(part('target')).toBeNull();
    });
});

it('says what failed, and once only that a call was declined', () => {
    expect(card(callOf('server.call-ended-failed')).part('detail').textContent).not.toBe('');
    const declined = card(callOf('server.call-ended-declined'));
    expect(declined.part('detail')).toBeNull();
    expect(declined.root.textContent).toContain('c.CtiEndedDeclined');
});

it('can be put away once ended', () => {
    const { element, part } = card(callOf('server.call-ended-busy'));
    const dismissed = jest.fn();
    element.addEventListener('dismiss', dismissed);
    part('dismiss').click();
    expect(dismissed).toHaveBeenCalledTimes(1);
    expect(card(callOf('server.call-held')).part('dismiss')).toBeNull();
});

it('tells when the agent is at work in it', () => {
    const { element, root } = card(callOf('server.call-ended-busy'));
    const busy = jest.fn();
    element.addEventListener('busy', ({ detail }) => busy(detail));
    const article = root.querySelector('article');
    ['mouseenter', 'mouseleave', 'focusin', 'focusout'].forEach((name) =>
        article.dispatchEvent(new CustomEvent(name))
    );
    expect(busy.mock.calls.flat()).toEqual([true, false, true, false]);
});

it('moves on with the call', async () => {
    const { element, part, text } = card(callOf('server.call-ringing-pending'));
    element.call = callOf('server.call-ringing-unknown', { revision: 2 });
    await flush();
    expect(part('pending')).toBeNull();
    element.call = callOf('server.call-ended-abandoned');
    await flush();
    expect(text('state')).toBe('c.CtiEndedAbandoned');
    expect(part('time')).toBeNull();
});

describe('a call that a colleague handed on', () => {
    it('says by whom, and what the colleague wrote', () => {
        const { text } = card(callOf('server.call-transferred-by'));
        expect(text('transferred').trim()).toBe('c.CtiTransferredBy');
        expect(text('note')).toContain('Wants the new price list · Call back · 2026-11-30');
        expect(text('note')).toContain('c.CtiNoteOf');
    });

    it('may have a caller whom nobody knows', () => {
        const { part, text } = card(callOf('server.call-transferred-by-unknown'));
        expect(text('who')).toBe('c.CtiUnknownNumber');
        expect(text('probable')).toBe('c.CtiProbable');
        expect(text('transferred').trim()).toBe('c.CtiTransferredBy');
        expect(part('pending')).toBeNull();
    });
});

describe('a private call', () => {
    it('is erased by the second click only', async () => {
        const { element, part } = card(callOf('server.call-ended-hangup'));
        expect(part('private')).toBeNull();
        element.erasable = true;
        await flush();
        const acted = jest.fn();
        element.addEventListener('action', ({ detail }) => acted(detail));
        part('private').click();
        await flush();
        expect(acted).not.toHaveBeenCalled();
        expect(part('private').label).toBe('c.CtiPrivateConfirm');
        part('private').dispatchEvent(new CustomEvent('blur'));
        await flush();
        expect(part('private').label).toBe('c.CtiActionPrivate');
        part('private').click();
        part('private').click();
        expect(acted).toHaveBeenCalledWith({ action: 'private' });
    });
});

describe('the box for a note', () => {
    const answeredAt = '2026-11-21T09:02:06.000Z';

    it.each([
        ['while it talks', 'server.call-connected-attached', {}, true],
        ['while it is held', 'server.call-held', {}, true],
        ['while we call', 'server.call-dialing', {}, true],
        ['while it rings there', 'server.call-dialing', { state: 'ringing' }, true],
        ['while it rings here', 'server.call-ringing-known', {}, false],
        ['while a colleague rings', 'server.call-ringing-internal', {}, false],
        ['after a talk', 'server.call-ended-noted', {}, true],
        ['after a talk with nothing written', 'server.call-ended-hangup', { answeredAt }, true],
        ['after a call of ours', 'server.call-ended-failed', { direction: 'outbound' }, true],
        ['after a missed call', 'server.call-ended-abandoned', {}, false],
        ['after a call that went elsewhere', 'server.call-ended-taken-by', {}, false]
    ])('%s', (when, name, changes, want) => {
        const { part } = card(callOf(name, changes));
        expect(Boolean(part('write'))).toBe(want);
        expect(part('note')).toBeNull(); // not beside it
    });

    it('stays where something is written that is not saved', async () => {
        const { element, part } = card(callOf('server.call-ended-abandoned'));
        element.noteState = 'lost';
        await flush();
        expect(part('write')).not.toBeNull();
    });

    it('hands on what is written', () => {
        const { element, part } = card(callOf('server.call-ended-noted'));
        const note = { text: 'x', disposition: '', followUp: '' };
        Object.assign(element, { note, noteState: 'saved', dispositions: ['Sold'] });
        const written = jest.fn();
        const left = jest.fn();
        element.addEventListener('write', ({ detail }) => written(detail));
        element.addEventListener('leave', left);
        part('write').dispatchEvent(new CustomEvent('write', { detail: note }));
        part('write').dispatchEvent(new CustomEvent('leave'));
        expect(written).toHaveBeenCalledWith(note);
        expect(left).toHaveBeenCalledTimes(1);
    });
});

describe('the record that it is attached to', () => {
    const attachment = ({ root }) => root.querySelector('c-attach-record');

    it('is shown where no match shows it', async () => {
        const view = card(callOf('server.call-connected-attached'));
        expect(attachment(view).attached).toEqual({ object: 'Case', id: '500000000000001AAA' });
        expect(attachment(view).instead).toBeTruthy();
        await expect(view.element).toBeAccessible();
    });

    it.each(['server.call-connected-probable', 'server.call-transferred-by'])(
        'is shown once: %s',
        (name) => {
            const call = callOf(name);
            expect(call.chosen).toBeDefined();
            const part = attachment(card(call));
            expect(part.attached).toBeUndefined();
            expect(part.instead).toBeTruthy(); // it can be detached
        }
    );

    it('is shown for a withheld caller too', () => {
        const [match] = callOf('server.call-ringing-known').matches;
        const chosen = { object: match.object, id: match.id };
        const view = card(callOf('server.call-ringing-withheld', { matches: [match], chosen }));
        expect(attachment(view).attached).toEqual(chosen);
    });

    it('can be another that was opened meanwhile', async () => {
        const view = card(callOf('server.call-held'));
        const offered = { object: 'Contact', id: '003000000000002AAA' };
        view.element.offered = offered;
        await flush();
        const attached = jest.fn();
        const opened = jest.fn();
        view.element.addEventListener('attach', ({ detail }) => attached(detail));
        view.element.addEventListener('open', ({ detail }) => opened(detail));
        attachment(view).dispatchEvent(new CustomEvent('attach', { detail: offered }));
        attachment(view).dispatchEvent(new CustomEvent('open', { detail: offered }));
        expect(attached).toHaveBeenCalledWith(offered);
        expect(opened).toHaveBeenCalledWith(offered);
        await expect(view.element).toBeAccessible();
    });
});
