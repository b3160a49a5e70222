/**
 * The package's components for a plain browser. The page sets
 * `window.phoneHost` before it makes one:
 *
 *     apex(name, params)        → promise of what the Apex method returns
 *     navigate(pageReference)
 *     watchPage(tell)           tells the page reference of each page; returns what
 *                               ends that                                 optional
 *     utilityId, utility(name, id, attributes)        optional
 *     getRecord(config), getObjectInfo(config)        optional
 */
import '@lwc/synthetic-shadow';
import { createElement } from 'lwc';
import CallPanel from 'c/callPanel';
import ClickToDial from 'c/clickToDial';

export { decodeDefaultFieldValues } from 'lightning/pageReferenceUtils';

/** @returns {HTMLElement} the phone */
export function createCallPanel() {
    return createElement('c-call-panel', { is: CallPanel });
}

/** @returns {HTMLElement} the phone numbers of a record */
export function createClickToDial({ recordId, objectApiName }) {
    const element = createElement('c-click-to-dial', { is: ClickToDial });
    return Object.assign(element, { recordId, objectApiName });
}
