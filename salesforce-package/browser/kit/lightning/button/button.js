import { LightningElement, api } from 'lwc';

/** Stands in for lightning-button outside Salesforce: SLDS 1 markup, a subset of its attributes. */
export default class Button extends LightningElement {
    @api label;
    @api variant = 'neutral';
    @api iconName;
    @api title;
    @api disabled = false;

    get buttonClass() {
        return this.variant === 'base' ? 'slds-button' : `slds-button slds-button_${this.variant}`;
    }

    @api
    focus() {
        this.template.querySelector('button').focus();
    }

    handleClick(event) {
        if (this.disabled) {
            event.stopPropagation();
        }
    }
}
