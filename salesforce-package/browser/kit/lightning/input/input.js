import { LightningElement, api } from 'lwc';

/** Stands in for lightning-input outside Salesforce; like it, fires `change` on each keystroke. */
export default class Input extends LightningElement {
    @api label;
    @api type = 'text';
    @api placeholder;
    @api variant;
    @api disabled = false;

    typed = '';

    @api
    get value() {
        return this.typed;
    }
    set value(value) {
        this.typed = value ?? '';
    }

    get labelClass() {
        return this.variant === 'label-hidden' ? 'slds-assistive-text' : 'slds-form-element__label';
    }

    @api
    focus() {
        this.template.querySelector('input').focus();
    }

    handleInput({ target }) {
        this.typed = target.value;
        this.dispatchEvent(new CustomEvent('change', { detail: { value: target.value } }));
    }
}
