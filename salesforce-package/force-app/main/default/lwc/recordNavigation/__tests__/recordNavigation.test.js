import { iconOf, pageOf } from 'c/recordNavigation';
import { frame } from 'test/frames';

it('opens a record', () => {
    expect(pageOf(frame('server.navigate-record'))).toEqual({
        type: 'standard__recordPage',
        attributes: { recordId: '003000000000001AAA', objectApiName: 'Contact', actionName: 'view' }
    });
});

it('opens a new record with its number', () => {
    expect(pageOf(frame('server.navigate-create'))).toEqual({
        type: 'standard__objectPage',
        attributes: { objectApiName: 'Lead', actionName: 'new' },
        state: { defaultFieldValues: 'Phone=%2B493023125999' }
    });
});

it('opens a search', () => {
    expect(pageOf(frame('server.navigate-search'))).toEqual({
        type: 'standard__search',
        attributes: {},
        state: { term: '+493023125200' }
    });
});

it('goes nowhere without a target', () => {
    expect(pageOf({})).toBeNull();
});

it('has an icon for every object', () => {
    expect(iconOf('Lead')).toBe('standard:lead');
    expect(iconOf('Thing__c')).toBe('standard:record');
});
