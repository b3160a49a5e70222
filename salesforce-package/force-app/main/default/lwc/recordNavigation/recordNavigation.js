/**
 * Where a `navigate` frame leads, as Salesforce page references.
 */
import { encodeDefaultFieldValues } from 'lightning/pageReferenceUtils';

const ICONS = {
    Account: 'standard:account',
    Case: 'standard:case',
    Contact: 'standard:contact',
    Lead: 'standard:lead',
    Opportunity: 'standard:opportunity',
    PersonAccount: 'standard:person_account'
};

/** @returns {object|null} the page that the frame asks for */
export function pageOf({ record, create, search }) {
    if (record) {
        return recordPage(record);
    }
    if (create) {
        return createPage(create.object, create.defaults);
    }
    return search ? searchPage(search.term) : null;
}

export function recordPage({ object, id }) {
    return {
        type: 'standard__recordPage',
        attributes: { recordId: id, objectApiName: object, actionName: 'view' }
    };
}

export function createPage(object, defaults) {
    return {
        type: 'standard__objectPage',
        attributes: { objectApiName: object, actionName: 'new' },
        state: { defaultFieldValues: encodeDefaultFieldValues(defaults ?? {}) }
    };
}

export function searchPage(term) {
    return { type: 'standard__search', attributes: {}, state: { term } };
}

/** The SLDS icon of an object; objects we have no icon for get a neutral one. */
export function iconOf(object) {
    return ICONS[object] ?? 'standard:record';
}
