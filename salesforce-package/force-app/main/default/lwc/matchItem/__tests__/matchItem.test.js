import { createElement } from 'lwc';
import { getRecord } from 'lightning/uiRecordApi';
import MatchItem from 'c/matchItem';
import { callOf } from 'test/frames';
import { cleanPage, flush } from 'test/flush';

afterEach(cleanPage);

function item(match, more) {
    const element = createElement('c-match-item', { is: MatchItem });
    document.body.append(Object.assign(element, { match, ...more }));
    const part = (id) => element.shadowRoot.querySelector(`[data-id="${id}"]`);
    return { element, part, text: (id) => part(id)?.textContent };
}

const [known] = callOf('server.call-ringing-known').matches;
const [undetailed] = callOf('server.call-ringing-undetailed').matches;
const company = callOf('server.call-ringing-several').matches[2];

it('shows name, object and company, and opens', async () => {
    const { element, part, text } = item(known, { single: true });
    const opened = jest.fn();
    element.addEventListener('open', ({ detail }) => opened(detail));
    part('open').click();
    expect(opened).toHaveBeenCalledWith({ object: 'Contact', id: known.id });
    expect(text('open')).toBe('Berta Beispiel');
    expect(text('detail')).toBe('c.CtiObjectContact · Example GmbH');
    expect(element.shadowRoot.querySelector('lightning-icon').iconName).toBe('standard:contact');
    await expect(element).toBeAccessible();
});

it('asks Salesforce for nothing it was told', async () => {
    item(known);
    await flush();
    expect(getRecord.getLastConfig().recordId).toBeUndefined();
});

it('says only "known customer" until Salesforce answers, under the agent’s rights', async () => {
    const { text } = item(undetailed);
    await flush();
    expect(text('open')).toBe('c.CtiKnownCustomer');
    expect(getRecord.getLastConfig()).toEqual({
        recordId: undetailed.id,
        optionalFields: ['Contact.Name', 'Contact.Account.Name']
    });
    getRecord.emit({ fields: { Name: { value: 'Berta Beispiel', displayValue: null } } });
    await flush();
    expect(text('open')).toBe('Berta Beispiel');
});

it('stays at that when Salesforce refuses', async () => {
    const { text } = item(undetailed);
    getRecord.error();
    await flush();
    expect(text('open')).toBe('c.CtiKnownCustomer');
});

it('marks a match by the company’s number, and the chosen one', async () => {
    const { element, part } = item(company, { chosen: true });
    expect(part('company-match').title).toBe('c.CtiCompanyMatchHelp');
    expect(part('chosen')).not.toBeNull();
    await expect(element).toBeAccessible();
    expect(item(known).part('company-match')).toBeNull();
});

it('shows the fields that the administrator wants shown, where the agent may see them', async () => {
    const { text } = item(known, { shown: { Contact: ['Title', 'Owner.Name', 'Secret__c'] } });
    await flush();
    expect(getRecord.getLastConfig()).toEqual({
        recordId: known.id,
        optionalFields: [
            'Contact.Name',
            'Contact.Account.Name',
            'Contact.Title',
            'Contact.Owner.Name',
            'Contact.Secret__c'
        ]
    });
    getRecord.emit({
        fields: {
            Title: { value: 'Buyer', displayValue: null },
            Owner: {
                displayValue: 'Ada Agent',
                value: { fields: { Name: { value: 'Ada Agent' } } }
            }
        }
    });
    await flush();
    expect(text('open')).toBe('Berta Beispiel');
    expect(text('detail')).toBe('c.CtiObjectContact · Example GmbH · Buyer · Ada Agent');
});

it('asks for nothing more of an object that has no such fields', async () => {
    item(known, { shown: { Lead: ['Title'] } });
    await flush();
    expect(getRecord.getLastConfig().recordId).toBeUndefined();
});
