import { LightningElement, api } from 'lwc';
import { labels } from 'c/phoneLabels';

/** Why the phone is not connected, and what helps. Fires `retry`. */
export default class ConnectionNotice extends LightningElement {
    /** @type {{text: string, cure: string, retry: string, waiting: boolean}} */
    @api advice;

    labels = labels;

    handleRetry() {
        this.dispatchEvent(new CustomEvent('retry'));
    }
}
