import { announcement, objectText, partyText, recordOf, stateText, timeText } from 'c/callText';
import { callOf } from 'test/frames';

// In Jest a label's text is its name.
it.each([
    ['server.call-ringing-known', 'c.CtiStateRinging'],
    ['server.call-ringing-internal', 'c.CtiStateRingingInternal'],
    ['server.call-dialing', 'c.CtiStateDialing'],
    ['server.call-connected-probable', 'c.CtiStateConnected'],
    ['server.call-held', 'c.CtiStateHeld'],
    ['server.call-ended-hangup', 'c.CtiEnded'],
    ['server.call-ended-abandoned', 'c.CtiEndedAbandoned'],
    ['server.call-ended-declined', 'c.CtiEndedDeclined'],
    ['server.call-ended-unclear', 'c.CtiRecentMissed'],
    ['server.call-ended-answered-elsewhere', 'c.CtiEndedAnsweredElsewhere'],
    ['server.call-ended-diverted', 'c.CtiEndedDiverted'],
    ['server.call-ended-busy', 'c.CtiEndedBusy'],
    ['server.call-ended-failed', 'c.CtiEndedFailed'],
    ['server.call-ended-taken-by', 'c.CtiEndedAnsweredBy'],
    ['server.call-ended-transferred-to', 'c.CtiEndedTransferredTo'],
    ['server.call-ended-transferred', 'c.CtiEndedTransferred']
])('%s is %s', (name, text) => {
    expect(stateText(callOf(name))).toBe(text);
});

it('has words for what it does not know', () => {
    expect(stateText(callOf('server.call-held', { state: 'queued' }))).toBe('queued');
    expect(stateText(callOf('server.call-ended-busy', { endReason: 'new' }))).toBe('c.CtiEnded');
    expect(stateText(callOf('server.call-ringing-known', { direction: 'outbound' }))).toBe(
        'c.CtiStateRingingOutbound'
    );
});

it.each([
    ['server.call-ringing-known', 'Berta Beispiel'],
    ['server.call-ringing-undetailed', 'c.CtiKnownCustomer'],
    ['server.call-ringing-several', '+49 30 23125200'],
    ['server.call-ringing-unknown', '+49 30 23125999'],
    ['server.call-ringing-withheld', 'c.CtiWithheld'],
    ['server.call-ringing-internal', 'Agent Zwei']
])('%s is from %s', (name, text) => {
    expect(partyText(callOf(name))).toBe(text);
});

it('never shows more of a withheld number than that', () => {
    const call = callOf('server.call-ringing-withheld', {
        party: {
            withheld: true,
            number: '+493023125101',
            display: '+49 30 23125101',
            label: 'Berta'
        }
    });
    expect(partyText(call)).toBe('c.CtiWithheld');
    expect(partyText(callOf('server.call-held', { party: {} }))).toBe('c.CtiUnknownNumber');
});

it('takes the only match or the chosen one', () => {
    const several = callOf('server.call-ringing-several');
    expect(recordOf(several)).toBeUndefined();
    const [, lead] = several.matches;
    expect(recordOf({ ...several, chosen: { object: 'Lead', id: lead.id } })).toBe(lead);
    expect(recordOf(callOf('server.call-ringing-known')).name).toBe('Berta Beispiel');
    expect(recordOf(callOf('server.call-ringing-pending'))).toBeUndefined();
});

it('counts from the ringing, then from the answer, then stops', () => {
    const at = (time) => Date.parse(`2026-11-21T${time}Z`);
    expect(timeText(callOf('server.call-ringing-known'), at('09:00:07'))).toBe('0:07');
    expect(timeText(callOf('server.call-connected-probable'), at('09:05:05.250'))).toBe('1:00');
    expect(timeText(callOf('server.call-ended-hangup'), at('11:00:00'))).toBe('2:06');
    expect(timeText(callOf('server.call-ended-abandoned'), at('11:00:00'))).toBe('');
});

it('announces name and company', () => {
    expect(announcement(callOf('server.call-ringing-known'))).toBe('c.CtiAnnounceRinging');
});

it('names objects for people', () => {
    expect(objectText('Lead')).toBe('c.CtiObjectLead');
    expect(objectText('Service_Contract__c')).toBe('Service Contract');
});
