import { LightningElement, api } from 'lwc';
import { labels } from 'c/phoneLabels';
import { dialable } from 'c/numberFormat';

/** A box for a number in any notation; Enter or the button fires `dial` with `{number}`. */
export default class DialPad extends LightningElement {
    /** Set while dialling is impossible. */
    @api disabled = false;

    labels = labels;
    number = '';

    /** Empties the box, once the bridge has taken the number. */
    @api
    clear() {
        this.number = '';
    }

    get dialDisabled() {
        return this.disabled || !dialable(this.number);
    }

    handleChange(event) {
        this.number = event.detail.value;
    }

    handleKey(event) {
        if (event.key === 'Enter') {
            this.handleDial();
        }
    }

    handleDial() {
        if (!this.dialDisabled) {
            const number = dialable(this.number);
            this.dispatchEvent(new CustomEvent('dial', { detail: { number } }));
        }
    }
}
