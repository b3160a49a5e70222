import { LightningElement, api, wire } from 'lwc';
import { MessageContext, publish } from 'lightning/messageService';
import { getObjectInfo } from 'lightning/uiObjectInfoApi';
import { getRecord } from 'lightning/uiRecordApi';
import CTI_DIAL from '@salesforce/messageChannel/CtiDial__c';
import { labels, say } from 'c/phoneLabels';
import { dialable } from 'c/numberFormat';

/** The phone fields of a record page's record, each a button that the phone dials. */
export default class ClickToDial extends LightningElement {
    /** Set by the record page. */
    @api recordId;
    /** Set by the record page. */
    @api objectApiName;

    labels = labels;

    @wire(MessageContext)
    context;

    @wire(getObjectInfo, { objectApiName: '$objectApiName' })
    info;

    @wire(getRecord, { recordId: '$recordId', optionalFields: '$fields' })
    record;

    get phoneFields() {
        const fields = Object.values(this.info?.data?.fields ?? {});
        return fields.filter(({ dataType }) => dataType === 'Phone');
    }

    /** Undefined until the object is known: the wire then waits. */
    get fields() {
        const names = this.phoneFields.map(({ apiName }) => `${this.objectApiName}.${apiName}`);
        return names.length ? names : undefined;
    }

    get numbers() {
        const values = this.record?.data?.fields ?? {};
        return this.phoneFields
            .map(({ apiName, label }) => ({
                field: apiName,
                label,
                number: values[apiName]?.value
            }))
            .filter(({ number }) => dialable(number))
            .map((item) => ({ ...item, title: say(labels.dialNumber, item.number) }));
    }

    get isLoaded() {
        return Boolean(this.record?.data || (this.info?.data && !this.phoneFields.length));
    }

    handleDial({ currentTarget }) {
        publish(this.context, CTI_DIAL, {
            number: dialable(currentTarget.dataset.number),
            recordId: this.recordId,
            objectApiName: this.objectApiName
        });
    }
}
