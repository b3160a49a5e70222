/**
 * What the browser lets a page know of why a connection may have failed.
 */

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
// RFC 1918, RFC 3927, RFC 6762, and names without a dot
const PRIVATE =
    /^(10(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|169\.254(\.\d+){2}|[^.]+|.+\.local)$/;

/** Remembers whether the page's security policy blocked a WebSocket. */
export class PolicyWatch {
    blocked = false;
    #listener = ({ effectiveDirective, blockedURI }) => {
        if (effectiveDirective === 'connect-src' && /^wss?:/.test(blockedURI)) {
            this.blocked = true;
        }
    };

    start(doc = document) {
        doc.addEventListener('securitypolicyviolation', this.#listener);
    }

    stop(doc = document) {
        doc.removeEventListener('securitypolicyviolation', this.#listener);
    }
}

/**
 * The state of the Local Network Access permission where it may stand between
 * this page and the bridge. "prompt" is only told for an address that is surely
 * local: for a public one nobody ever asks.
 * @param {string} address of the WebSocket
 * @returns {Promise<string|undefined>} granted, denied, prompt; undefined where it does not matter
 */
export async function localNetworkPermission(
    address,
    permissions = navigator.permissions,
    page = window.location.hostname
) {
    const host = hostOf(address);
    if (!host || LOOPBACK.test(page) || !permissions?.query) {
        return undefined;
    }
    const name = LOOPBACK.test(host) ? 'loopback-network' : 'local-network';
    try {
        const { state } = await permissions.query({ name });
        return state === 'prompt' && !LOOPBACK.test(host) && !PRIVATE.test(host)
            ? undefined
            : state;
    } catch {
        return undefined; // this browser has no such permission
    }
}

function hostOf(address) {
    try {
        return new URL(address).hostname;
    } catch {
        return '';
    }
}
