import { createElement } from 'lwc';
import { publish } from 'lightning/messageService';
import { getObjectInfo } from 'lightning/uiObjectInfoApi';
import { getRecord } from 'lightning/uiRecordApi';
import ClickToDial from 'c/clickToDial';
import { cleanPage, flush } from 'test/flush';

const field = (apiName, dataType) => [apiName, { apiName, label: `Label of ${apiName}`, dataType }];
const CONTACT = {
    fields: Object.fromEntries([
        field('Name', 'String'),
        field('Phone', 'Phone'),
        field('MobilePhone', 'Phone'),
        field('HomePhone', 'Phone'),
        field('Hotline__c', 'Phone')
    ])
};
const value = (text) => ({ value: text, displayValue: null });

let element;

beforeEach(() => {
    element = createElement('c-click-to-dial', { is: ClickToDial });
    Object.assign(element, { recordId: '003000000000001AAA', objectApiName: 'Contact' });
    document.body.append(element);
});

afterEach(() => {
    cleanPage();
    jest.clearAllMocks();
});

const buttons = () => [...element.shadowRoot.querySelectorAll('button')];

async function show(fields) {
    getObjectInfo.emit(CONTACT);
    await flush();
    getRecord.emit({ fields });
    await flush();
}

it('asks for the phone fields of the object, whatever they are called', async () => {
    getObjectInfo.emit(CONTACT);
    await flush();
    expect(getRecord.getLastConfig()).toEqual({
        recordId: '003000000000001AAA',
        optionalFields: [
            'Contact.Phone',
            'Contact.MobilePhone',
            'Contact.HomePhone',
            'Contact.Hotline__c'
        ]
    });
});

it('shows a button for each number that the agent may see', async () => {
    await show({
        Phone: value('+49 30 23125-101'),
        MobilePhone: value(null),
        Hotline__c: value('030 23125 102')
    });
    expect(buttons().map(({ dataset }) => dataset.field)).toEqual(['Phone', 'Hotline__c']);
    await expect(element).toBeAccessible();
});

it('asks the phone to call, with the record', async () => {
    await show({ Phone: value('tel:+49 30 23125-101') });
    buttons()[0].click();
    expect(publish.mock.calls[0].slice(1)).toEqual([
        expect.anything(),
        { number: '+49 30 23125-101', recordId: '003000000000001AAA', objectApiName: 'Contact' }
    ]);
});

it('says when there is no number', async () => {
    expect(element.shadowRoot.querySelector('[data-id=none]')).toBeNull();
    await show({ Phone: value('') });
    expect(element.shadowRoot.querySelector('[data-id=none]')).not.toBeNull();
    await expect(element).toBeAccessible();
});

it('says so for an object without phone fields too', async () => {
    getObjectInfo.emit({ fields: {} });
    await flush();
    expect(element.shadowRoot.querySelector('[data-id=none]')).not.toBeNull();
});
