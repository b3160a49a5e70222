import { LightningElement, api } from 'lwc';

/** Stands in for lightning-input outside Salesforce; like it, fires `change` on each keystroke. */
export default class Input extends LightningElement {
    @api label;
    @api type = 'text';
    @api placeholder;
    @api variant;
    @api value = '';
    @api disabled = false;

    get labelClass() {
        return this.variant === 'label-hidden'
            ? 'slds-assistive-text'
            : 'slds-form-element__label';
    }

    @api
    focus() {
        this.template.querySelector('input').focus();
    }

    handleInput({ target }) {
        this.value = target.value;
        this.dispatchEvent(new CustomEvent('change', { detail: { value: target.value } }));
    }
}
