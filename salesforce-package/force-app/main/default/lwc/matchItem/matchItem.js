import { LightningElement, api, wire } from 'lwc';
import { getRecord } from 'lightning/uiRecordApi';
import { labels, say } from 'c/phoneLabels';
import { objectText } from 'c/callText';
import { iconOf } from 'c/recordNavigation';
import { shownOf, summaryFields, summaryOf } from 'c/recordSummary';

/**
 * One record that may be the far end. Fires `open` with the record. If the
 * bridge sent no name, it is read under the agent's own rights; so are the fields
 * that the org's administrator wants shown.
 */
export default class MatchItem extends LightningElement {
    /** One of a call's `matches`. */
    @api match;
    /** Shown large, as the only match of a call. */
    @api single = false;
    /** The agent has chosen this one. */
    @api chosen = false;
    /** Further fields to show, by object: the agent's `settings.fields`. */
    @api shown;

    labels = labels;

    @wire(getRecord, { recordId: '$askedId', optionalFields: '$fields' })
    record;

    get askedId() {
        return this.match.name && !this.more ? undefined : this.match.id;
    }

    get more() {
        return this.shown?.[this.match.object];
    }

    get fields() {
        return summaryFields(this.match.object, this.more);
    }

    get summary() {
        return this.match.name ? this.match : summaryOf(this.match.object, this.record?.data);
    }

    get name() {
        // a record that the agent opened is no match: nobody said that it is a customer
        return this.summary.name ?? (this.match.match ? labels.knownCustomer : this.objectName);
    }

    get detail() {
        const more = shownOf(this.record?.data, this.more);
        return [this.objectName, this.summary.company, ...more].filter(Boolean).join(' · ');
    }

    get objectName() {
        return objectText(this.match.object);
    }

    get icon() {
        return iconOf(this.match.object);
    }

    get isCompany() {
        return this.match.match === 'company';
    }

    get openTitle() {
        return say(labels.openRecord, this.name);
    }

    get nameClass() {
        const size = this.single ? 'slds-text-heading_small' : '';
        return `slds-button slds-text-align_left ${size}`;
    }

    handleOpen() {
        const { object, id } = this.match;
        this.dispatchEvent(new CustomEvent('open', { detail: { object, id } }));
    }
}
