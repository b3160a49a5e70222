import { createElement } from 'lwc';
import { getRecord } from 'lightning/uiRecordApi';
import AttachRecord from 'c/attachRecord';
import { callOf } from 'test/frames';
import { cleanPage, flush } from 'test/flush';

afterEach(cleanPage);

const { chosen } = callOf('server.call-connected-attached');
const contact = { object: 'Contact', id: '003000000000002AAA' };

function view(more) {
    const element = createElement('c-attach-record', { is: AttachRecord });
    document.body.append(Object.assign(element, more));
    const part = (id) => element.shadowRoot.querySelector(`[data-id="${id}"]`);
    return { element, part };
}

it('shows what is attached, by the name that the agent may see', async () => {
    const { element, part } = view({ attached: chosen });
    expect(part('offered')).toBeNull();
    const item = part('attached').querySelector('c-match-item');
    expect(item.match).toEqual(chosen);
    const name = () => item.shadowRoot.querySelector('[data-id="open"]').textContent.trim();
    expect(name()).toBe('Case'); // until Salesforce has answered
    getRecord.emit({ fields: { Subject: { value: 'Broken pump', displayValue: null } } });
    await flush();
    expect(name()).toBe('Broken pump');
    await expect(element).toBeAccessible();
});

it('offers a record, and hands it on', async () => {
    const { element, part } = view({ offered: contact });
    expect(part('attached')).toBeNull();
    expect(part('attach').label).toBe('c.CtiAttach');
    const attached = jest.fn();
    const opened = jest.fn();
    element.addEventListener('attach', ({ detail }) => attached(detail));
    element.addEventListener('open', ({ detail }) => opened(detail));
    part('attach').click();
    expect(attached).toHaveBeenCalledWith(contact);
    part('offered')
        .querySelector('c-match-item')
        .dispatchEvent(new CustomEvent('open', { detail: contact }));
    expect(opened).toHaveBeenCalledWith(contact);
    await expect(element).toBeAccessible();
});

it('detaches, where there is something to detach', async () => {
    expect(view({ offered: contact }).part('detach')).toBeNull();
    const { element, part } = view({ instead: true });
    expect(part('attached')).toBeNull();
    expect(part('detach').label).toBe('c.CtiDetach');
    const attached = jest.fn();
    element.addEventListener('attach', ({ detail }) => attached(detail));
    part('detach').click();
    expect(attached).toHaveBeenCalledWith(null);
    await expect(element).toBeAccessible();
});

it('says that it would replace another', async () => {
    const { element, part } = view({ offered: contact, attached: chosen, instead: true });
    expect(part('attach').label).toBe('c.CtiAttachInstead');
    await expect(element).toBeAccessible();
});
