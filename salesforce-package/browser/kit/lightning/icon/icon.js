import { LightningElement, api } from 'lwc';
import { iconUrl } from 'host/assets';

/** Stands in for lightning-icon outside Salesforce; `bare` is for the kit's own buttons. */
export default class Icon extends LightningElement {
    @api alternativeText;
    @api variant;
    @api size = 'medium';
    @api bare = false;

    @api
    get iconName() {
        return `${this.sprite}:${this.symbol}`;
    }
    set iconName(value) {
        this.classList.remove(this.tileClass);
        [this.sprite, this.symbol] = value.split(':');
        this.classList.add('slds-icon_container', this.tileClass);
    }

    sprite = 'utility';
    symbol = '';

    get tileClass() {
        return `slds-icon-${this.sprite}-${this.symbol.replaceAll('_', '-')}`;
    }

    get href() {
        return iconUrl(this.sprite, this.symbol);
    }

    get svgClass() {
        if (this.bare) {
            return 'slds-button__icon';
        }
        const size = this.size === 'medium' ? '' : `slds-icon_${this.size}`;
        return `slds-icon ${size} ${this.colour}`;
    }

    get colour() {
        if (this.sprite !== 'utility' || this.variant === 'inverse') {
            return '';
        }
        return `slds-icon-text-${this.variant ?? 'default'}`;
    }
}
