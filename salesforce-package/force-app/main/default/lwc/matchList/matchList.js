import { LightningElement, api } from 'lwc';
import { labels, say } from 'c/phoneLabels';

/** Several records have the number: the agent says which. Fires `choose` with the record. */
export default class MatchList extends LightningElement {
    /** A call's `matches`, best first. */
    @api matches = [];
    /** The record chosen so far. */
    @api chosen;
    /** Further fields to show, by object. */
    @api shown;

    get question() {
        return say(labels.severalRecords, this.matches.length);
    }

    get items() {
        return this.matches.map((match) => ({ match, chosen: match.id === this.chosen?.id }));
    }

    handleOpen({ detail }) {
        this.dispatchEvent(new CustomEvent('choose', { detail }));
    }
}
