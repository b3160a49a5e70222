/** What the panel says of a call, in words. */
import { labels, say } from 'c/phoneLabels';
import { duration } from 'c/numberFormat';

const OBJECTS = {
    Account: labels.objectAccount,
    Contact: labels.objectContact,
    Lead: labels.objectLead
};

const ENDED = {
    abandoned: labels.endedAbandoned,
    answeredElsewhere: labels.endedAnsweredElsewhere,
    busy: labels.endedBusy,
    diverted: labels.endedDiverted,
    failed: labels.endedFailed,
    transferred: labels.endedTransferred
};

const STATES = {
    connected: labels.stateConnected,
    dialing: labels.stateDialing,
    held: labels.stateHeld
};

/** @returns {string} "Incoming call", "On hold", "Missed: the caller hung up" … */
export function stateText(call) {
    if (call.state === 'ended') {
        return endedText(call);
    }
    if (call.state !== 'ringing') {
        return STATES[call.state] ?? call.state;
    }
    if (call.direction === 'outbound') {
        return labels.stateRingingOutbound;
    }
    return call.direction === 'internal' ? labels.stateRingingInternal : labels.stateRinging;
}

function endedText({ endReason, detail, detailCode, answeredBy, transferredTo }) {
    if (detailCode === 'unclear') {
        return labels.recentMissed;
    }
    if (endReason === 'abandoned' && detail) {
        return labels.endedDeclined;
    }
    if (endReason === 'answeredElsewhere' && answeredBy) {
        return say(labels.endedAnsweredBy, answeredBy);
    }
    if (endReason === 'transferred' && transferredTo) {
        return say(labels.endedTransferredTo, transferredTo);
    }
    return ENDED[endReason] ?? labels.ended;
}

/** @returns {string} who it is, as well as is known: a name, else the number */
export function partyText(call) {
    const { party, matches } = call;
    if (party.withheld) {
        return labels.withheld;
    }
    const known = recordOf(call);
    return (
        known?.name ??
        party.label ??
        (matches?.length === 1 ? labels.knownCustomer : null) ??
        party.display ??
        party.number ??
        labels.unknownNumber
    );
}

/**
 * The one record that a call is about: the chosen one, else the only match.
 * @returns {object|undefined} the match
 */
export function recordOf({ matches = [], chosen }) {
    return matches.length === 1 ? matches[0] : matches.find(({ id }) => id === chosen?.id);
}

/**
 * @param {object} call
 * @param {number} now the bridge's time
 * @returns {string} time since it began to ring, or talk; of an ended call how long it talked
 */
export function timeText(call, now) {
    if (call.state === 'ended') {
        return call.answeredAt ? duration(since(call.answeredAt, Date.parse(call.endedAt))) : '';
    }
    return duration(since(call.answeredAt ?? call.startedAt, now));
}

/** @returns {string} what a screen reader is told when a call begins to ring */
export function announcement(call) {
    const company = recordOf(call)?.company;
    const who = company ? `${partyText(call)}, ${company}` : partyText(call);
    return say(labels.announceRinging, who);
}

/** @returns {string} the object's name for people */
export function objectText(object) {
    return OBJECTS[object] ?? object.replace(/__c$/, '').replaceAll('_', ' ');
}

function since(start, end) {
    return end - Date.parse(start);
}
