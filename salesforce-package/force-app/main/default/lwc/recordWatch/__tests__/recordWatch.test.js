import { RecordWatch, attachedOf } from 'c/recordWatch';
import { createPage, recordPage } from 'c/recordNavigation';
import { callOf } from 'test/frames';

const CASE = { object: 'Case', id: '500000000000001AAA' };
const START = Date.parse('2026-11-21T09:00:00.000Z');
const call = (id, state, more) => ({
    ...callOf('server.call-connected-attached'),
    chosen: undefined,
    startedAt: '2026-11-21T09:00:00.000Z',
    id,
    state,
    ...more
});

function seen(page, now = START + 1000) {
    const watch = new RecordWatch();
    watch.see(page, now);
    return watch;
}

it('knows a record page, and when it came', () => {
    const watch = new RecordWatch();
    expect(watch.see(recordPage(CASE), 5)).toBe(true);
    expect(watch.see(recordPage(CASE), 9)).toBe(false);
    expect(watch.see(recordPage({ ...CASE, id: '500000000000001' }), 9)).toBe(false);
    expect(watch.record).toEqual(CASE);
    expect(watch.openedAt).toBe(5);
});

it.each([
    ['no page', {}],
    ['nothing at all', undefined],
    ['a list', { type: 'standard__objectPage', attributes: { objectApiName: 'Case' } }],
    ['a new record that is not saved', createPage('Case', {})],
    ['a record of unknown object', { type: 'standard__recordPage', attributes: { recordId: '5' } }],
    ['a user', recordPage({ object: 'User', id: '005000000000001AAA' })],
    ['a task', recordPage({ object: 'Task', id: '00T000000000001AAA' })]
])('does not take %s for one', (what, page) => {
    expect(seen(page).callFor([call('c-1', 'connected')])).toBeUndefined();
});

it('belongs to the call that the agent is in', () => {
    const calls = [call('r', 'ringing'), call('h', 'held'), call('c', 'connected')];
    expect(seen(recordPage(CASE)).callFor(calls)).toBe('c');
    expect(seen(recordPage(CASE)).callFor(calls.slice(0, 2))).toBe('r');
    expect(seen(recordPage(CASE)).callFor([call('e', 'ended')])).toBe('e');
    expect(seen(recordPage(CASE)).callFor([])).toBeUndefined();
});

it('was opened during the call, not before', () => {
    expect(seen(recordPage(CASE), START - 1).callFor([call('c', 'connected')])).toBeUndefined();
    const older = call('o', 'held', { startedAt: '2026-11-21T08:00:00.000Z' });
    expect(seen(recordPage(CASE), START - 1).callFor([call('c', 'connected'), older])).toBe('o');
});

it('is not offered where it is attached', () => {
    const contact = { object: 'Contact', id: '003000000000001AAA' };
    const watch = seen(recordPage(contact));
    expect(watch.callFor([call('c', 'connected')])).toBeUndefined();
    expect(watch.callFor([call('c', 'connected', { chosen: CASE })])).toBe('c');
    expect(seen(recordPage(CASE)).callFor([call('c', 'connected', { chosen: CASE })])).toBe(
        undefined
    );
});

it('counts one exact match as attached, a company or several not', () => {
    const [match] = call('c', 'connected').matches;
    expect(attachedOf({ matches: [match] })).toBe(match);
    expect(attachedOf({ matches: [{ ...match, match: 'company' }] })).toBeUndefined();
    expect(attachedOf({ matches: [match, match] })).toBeUndefined();
    expect(attachedOf({ matches: [match], chosen: CASE })).toBe(CASE);
    expect(attachedOf({})).toBeUndefined();
});
