/**
 * The frames between panel and bridge (web/agent/PROTOCOL.md): one JSON object
 * each, `type` first. What the panel does not know it ignores, so that a newer
 * bridge can serve an older panel.
 */

export const PROTOCOL = 'ctibridge.v1';

const SERVER_TYPES = new Set([
    'welcome',
    'settings',
    'call',
    'navigate',
    'result',
    'error',
    'ping'
]);

/**
 * @param {string} text one WebSocket message
 * @returns {object|null} the frame, or null if it is malformed or of an unknown type
 */
export function decode(text) {
    const frame = parse(text);
    if (!frame || !SERVER_TYPES.has(frame.type)) {
        return null;
    }
    switch (frame.type) {
        case 'welcome':
            return { ...frame, calls: (frame.calls ?? []).map(readCall).filter(Boolean) };
        case 'call': {
            const call = readCall(frame.call);
            return call && { ...frame, call };
        }
        case 'navigate':
            return frame.record || frame.create || frame.search ? frame : null;
        default:
            return frame;
    }
}

/** Says who we are, by a resume token or else a ticket: must be the first frame. */
export function authenticate({ resume, ticket }, ownTab, client) {
    return { type: 'authenticate', ...(resume ? { resume } : { ticket }), tab: ownTab, client };
}

/** Tells whether this tab is seen and focused; only routes pops. */
export function tab({ visible, focused }) {
    return { type: 'tab', visible, focused };
}

/** Asks to call a number, written in any notation; the record is where it was clicked. */
export function dial(number, record) {
    return { type: 'dial', number, ...(record && { record }) };
}

/** Asks the switch to do something with a call. */
export function callAction(call, action, to) {
    return { type: 'callAction', call, action, ...(to && { to }) };
}

/** Says which record a call is about: one of several, or one opened meanwhile; or none. */
export function choose(call, record) {
    return { type: 'choose', call, ...(record && { record }) };
}

/** Asks for the recent calls; `seen` says that the list is on the screen. */
export function recent(seen) {
    return { type: 'recent', ...(seen && { seen }) };
}

/** Writes on a call, in place of what was there; a note is `{text, disposition?, followUp?}`. */
export function note(call, { text, disposition, followUp }) {
    return {
        type: 'note',
        call,
        text,
        ...(disposition && { disposition }),
        ...(followUp && { followUp })
    };
}

/** Chooses the agent's telephone for the day; an empty id gives it back. */
export function device(id) {
    return { type: 'device', id };
}

/** Confirms that this tab followed a `navigate` frame. */
export function navigated(pop) {
    return { type: 'navigated', pop };
}

function parse(text) {
    try {
        const value = JSON.parse(text);
        return value && typeof value === 'object' ? value : null;
    } catch {
        return null;
    }
}

function readCall(call) {
    if (!call?.id || !call.state) {
        return null;
    }
    return { ...call, party: call.party ?? {}, actions: call.actions ?? [] };
}
