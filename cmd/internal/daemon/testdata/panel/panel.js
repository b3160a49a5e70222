/**
 * A page around the real panel: window.phoneHost does what Salesforce would.
 * It signs in with a ticket of the simulated org and opens records that it reads
 * from there.
 */
import {
    createCallPanel,
    createClickToDial,
    decodeDefaultFieldValues
} from '/softphone-assets/softphone.js';

const main = document.getElementById('record');

window.phoneHost = {
    apex: async () => (await fetch('/ticket', { method: 'POST' })).json(),
    navigate: (page) => open(page),
    getRecord: ({ recordId, optionalFields }) => read(optionalFields[0].split('.')[0], recordId),
    getObjectInfo: async ({ objectApiName }) => ({
        apiName: objectApiName,
        fields: { Phone: { apiName: 'Phone', label: 'Phone', dataType: 'Phone' } }
    })
};

async function read(object, id) {
    return (await fetch(`/record/${object}/${id}`)).json();
}

async function open({ type, attributes, state }) {
    const { objectApiName: object, recordId } = attributes;
    const heading = document.createElement('h1');
    main.replaceChildren(heading);
    if (type !== 'standard__recordPage') {
        const defaults = decodeDefaultFieldValues(state.defaultFieldValues);
        heading.textContent = `New ${object} ${Object.values(defaults).join(' ')}`;
        return;
    }
    main.append(createClickToDial({ recordId, objectApiName: object }));
    const { fields } = await read(object, recordId);
    heading.textContent = `${object} ${fields.Name.value}`;
}

document.getElementById('panel').append(createCallPanel());
