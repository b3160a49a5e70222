/**
 * Why the phone is not connected, in plain words with the cure. A browser tells
 * a page almost nothing of a failed WebSocket, so the likely cause is read off
 * what surrounds it: the page's address, its security policy, its permissions.
 */
import { labels, say } from 'c/phoneLabels';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const BY_REASON = {
    signature: [labels.errorSignature, labels.cureSignature],
    audience: [labels.errorAudience, labels.cureAudience],
    org: [labels.errorOrg, labels.cureOrg],
    expired: [labels.errorExpired, labels.cureExpired],
    replayed: [labels.errorExpired, labels.cureExpired],
    malformed: [labels.errorVersion, labels.cureVersion]
};

const BY_CODE = {
    4400: [labels.errorVersion, labels.cureVersion],
    4401: [labels.errorSignature, labels.cureSignature],
    4409: [labels.errorReplaced, labels.cureReplaced],
    4429: [labels.errorTooMany, labels.cureTooMany]
};

// What the panel says of its telephone in words of its own. All other refusals the
// bridge says itself, in German or English, as the panel has told it.
const REFUSALS = {
    chooseDevice: [labels.deviceNone, labels.cureChooseDevice],
    deviceTaken: [labels.errorDeviceTaken, labels.cureChooseDevice],
    shiftOver: [labels.errorShiftOver, labels.cureChooseDevice]
};

/**
 * @param {object} state of the BridgeSocket
 * @param {object} [seen] what is known of the browser
 * @param {boolean} [seen.online]
 * @param {boolean} [seen.securePage] the page came by https
 * @param {boolean} [seen.policyBlocked] the page's security policy blocked the address
 * @param {string} [seen.localNetwork] state of the local-network permission
 * @returns {{text: string, cure: string, retry?: string, waiting: boolean}|null} null: nothing is wrong
 */
export function adviceFor(state, seen = {}) {
    if (!['waiting', 'stopped'].includes(state.name) || isBlip(state)) {
        return null;
    }
    const [text, cure] = pairFor(state, seen);
    return {
        text,
        cure,
        waiting: state.name === 'waiting',
        retry: state.code === 4409 ? labels.useHere : labels.retryNow
    };
}

/** What to say when a request was refused or not answered. */
export function adviceForRequest({ code, message, cure }) {
    if (REFUSALS[code]) {
        const [text, known] = REFUSALS[code];
        return { text, cure: known };
    }
    if (message) {
        return { text: message, cure: cure ?? '' };
    }
    if (code === 'timeout') {
        return { text: labels.errorTimeout, cure: labels.cureTimeout };
    }
    if (code === 'notConnected') {
        return { text: labels.errorNotConnected, cure: labels.cureNotConnected };
    }
    return { text: labels.errorUnknown, cure: labels.cureTimeout };
}

/** A line that breaks once is back within half a second: not worth a word. */
function isBlip({ name, code, opened, failures }) {
    return name === 'stopped' ? !code : opened && failures === 1 && (!code || code < 4400);
}

function pairFor(state, seen) {
    const { code, reason, cause } = state;
    if (code === 4403) {
        // The bridge says which: not entered, disabled, ambiguous, bound to another user.
        return [sentence(reason) || labels.errorNoAgent, labels.cureNoAgent];
    }
    if (code === 4401 && BY_REASON[reason]) {
        return BY_REASON[reason];
    }
    if (BY_CODE[code]) {
        return BY_CODE[code];
    }
    if (seen.online === false) {
        return [labels.errorOffline, labels.cureOffline];
    }
    if (cause === 'ticket') {
        return [sentence(reason) || labels.errorTicket, labels.cureTicket];
    }
    return state.opened ? [labels.errorLost, ''] : unreachable(state.url, seen);
}

function unreachable(address, seen) {
    const url = parse(address);
    if (!url) {
        return [labels.errorTicket, labels.cureTicket];
    }
    if (seen.policyBlocked) {
        const trusted = `${url.protocol}//${url.host}`;
        return [say(labels.errorTrustedUrl, trusted), say(labels.cureTrustedUrl, trusted)];
    }
    if (seen.securePage && url.protocol === 'ws:' && !LOOPBACK.test(url.hostname)) {
        return [say(labels.errorMixedContent, address), labels.cureMixedContent];
    }
    if (seen.localNetwork === 'denied' || seen.localNetwork === 'prompt') {
        return [say(labels.errorLocalNetwork, url.host), labels.cureLocalNetwork];
    }
    const health = `${url.protocol.replace('ws', 'http')}//${url.host}/healthz`;
    return [say(labels.errorUnreachable, url.host), say(labels.cureUnreachable, health)];
}

function parse(address) {
    try {
        return new URL(address);
    } catch {
        return null;
    }
}

function sentence(reason) {
    const text = (reason ?? '').trim();
    return text && `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
