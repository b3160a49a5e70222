import { LightningElement, api } from 'lwc';
import { labels } from 'c/phoneLabels';

/**
 * The record that a call is attached to, and the one that the agent has opened
 * since. Fires `attach` and `open` with a record, `attach` without one to detach.
 */
export default class AttachRecord extends LightningElement {
    /** The record chosen, where it is none of the call's matches. */
    @api attached;
    /** The record that may be attached. */
    @api offered;
    /** Whether the call is attached to some record already. */
    @api instead = false;

    labels = labels;

    get attachLabel() {
        return this.instead ? labels.attachInstead : labels.attach;
    }

    handleOpen({ detail }) {
        this.dispatchEvent(new CustomEvent('open', { detail }));
    }

    handleAttach() {
        const { object, id } = this.offered;
        this.dispatchEvent(new CustomEvent('attach', { detail: { object, id } }));
    }

    handleDetach() {
        this.dispatchEvent(new CustomEvent('attach'));
    }
}
