import { summaryFields, summaryOf } from 'c/recordSummary';

const text = (value) => ({ value, displayValue: null });

it('asks for what the agent may see', () => {
    expect(summaryFields('Contact')).toEqual(['Contact.Name', 'Contact.Account.Name']);
    expect(summaryFields('Lead')).toEqual(['Lead.Name', 'Lead.Company']);
    expect(summaryFields('Thing__c')).toEqual(['Thing__c.Name']);
});

it('reads name and company', () => {
    const contact = {
        fields: {
            Name: text('Berta Beispiel'),
            Account: {
                displayValue: 'Example GmbH',
                value: { fields: { Name: text('Example GmbH') } }
            }
        }
    };
    expect(summaryOf('Contact', contact)).toEqual({
        name: 'Berta Beispiel',
        company: 'Example GmbH'
    });
    const lead = { fields: { Name: text('Dora Probe'), Company: text('Sample AG') } };
    expect(summaryOf('Lead', lead)).toEqual({ name: 'Dora Probe', company: 'Sample AG' });
});

it('knows what records are called that have no field Name', () => {
    expect(summaryFields('Case')).toEqual(['Case.Subject']);
    expect(summaryOf('Case', { fields: { Subject: text('Broken pump') } }).name).toBe(
        'Broken pump'
    );
});

it('says nothing of what it may not see', () => {
    expect(summaryOf('Contact', undefined)).toEqual({ name: undefined, company: undefined });
    expect(summaryOf('Contact', { fields: { Account: { value: null } } })).toEqual({
        name: undefined,
        company: undefined
    });
});
