import { LightningElement, api } from 'lwc';

/** Stands in for lightning-button-icon outside Salesforce. */
export default class ButtonIcon extends LightningElement {
    @api alternativeText;
    @api variant = 'border';
    @api iconName;
    @api title;
    @api disabled = false;

    get buttonClass() {
        const border = this.variant === 'bare' ? '' : `slds-button_icon-${this.variant}`;
        return `slds-button slds-button_icon ${border}`;
    }

    get tooltip() {
        return this.title ?? this.alternativeText;
    }

    @api
    focus() {
        this.template.querySelector('button').focus();
    }
}
