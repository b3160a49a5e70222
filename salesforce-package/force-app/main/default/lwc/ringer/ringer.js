/**
 * When the phone rings, and in which tab: the one that has the Web Lock. The
 * others wait for it, so that one of them goes on if that tab is closed. A tab
 * asks for the lock only once its browser lets it sound. Without Web Locks each
 * tab rings.
 */
import { browserClock } from 'c/browserClock';
import { RingTone } from 'c/ringTone';

const LOCK = 'ctibridge-ring';
const MUTED = 'ctibridge-muted';
/** A browser that has not let us sound by then waits for a click. */
export const BLOCKED_AFTER = 700;
/** A tab that got the lock late waits: the call may just have been answered. */
export const TAKE_OVER_AFTER = 700;
const AT_ONCE = 100;
const GESTURES = ['pointerdown', 'keydown'];

/** Whether an agent's calls and settings let the phone ring. */
export function shouldRing(calls, { sound, quietInCall } = {}) {
    const rings = calls.some((call) => call.state === 'ringing' && call.direction !== 'outbound');
    return Boolean(sound && rings && !(quietInCall && calls.some(isTalk)));
}

/** Whether the agent is in this call. */
export function isTalk({ state }) {
    return state === 'connected' || state === 'held';
}

export class Ringer {
    /** The browser does not let this page sound, and no other tab does. */
    blocked = false;
    muted = false;
    #options;
    #wanted = false;
    #release = null; // ends the ringing that is under way
    #listening = false;

    /** @param {object} options `onChange`, and for tests tone, locks, storage, clock, win */
    constructor(options) {
        this.#options = {
            tone: new RingTone(),
            locks: globalThis.navigator?.locks,
            storage: storageOf(globalThis),
            clock: browserClock,
            win: globalThis.window,
            ...options
        };
        this.muted = this._stored();
    }

    /** Whether this browser can sound at all. */
    get possible() {
        return this.#options.tone.possible;
    }

    start() {
        this.#options.win.addEventListener('storage', this._handleStorage);
    }

    stop() {
        this.#options.win.removeEventListener('storage', this._handleStorage);
        this.ring(false);
        this._unlisten();
    }

    /** Rings, or stops; tells the browser only of a change. */
    ring(wanted) {
        this.#wanted = wanted;
        const sounds = wanted && !this.muted && this.possible;
        if (sounds && !this.#release) {
            this._begin();
        } else if (!sounds && this.#release) {
            this.#release();
            this.#release = null;
            this.#options.tone.stop();
        }
    }

    /** Mutes this browser, all its tabs, or takes that back. */
    mute(muted) {
        try {
            this.#options.storage?.setItem(MUTED, muted ? '1' : '');
        } catch {
            // not kept, but it holds for this tab
        }
        this._muted(muted);
    }

    _handleStorage = ({ key }) => {
        if (key === MUTED) {
            this._muted(this._stored());
        }
    };

    _muted(muted) {
        this.muted = muted;
        this.ring(this.#wanted);
        this.#options.onChange();
    }

    _stored() {
        try {
            return this.#options.storage?.getItem(MUTED) === '1';
        } catch {
            return false;
        }
    }

    async _begin() {
        const { tone, clock } = this.#options;
        let over = false;
        let unlock = () => {};
        const late = clock.setTimeout(() => this._waitForGesture(), BLOCKED_AFTER);
        const release = () => {
            over = true;
            clock.clearTimeout(late);
            unlock();
        };
        this.#release = release;
        try {
            await tone.wake();
        } catch {
            return; // closed, or no sound device: late says so
        }
        clock.clearTimeout(late);
        this._unblock();
        if (!over) {
            unlock = this._inOneTab(() => !over && tone.start());
        }
    }

    /** Calls back once this tab is the one; returns what gives that up. */
    _inOneTab(callback) {
        const { locks, clock } = this.#options;
        if (!locks?.request) {
            callback();
            return () => {};
        }
        const asked = clock.now();
        const waiting = new AbortController();
        let timer;
        let done;
        const held = new Promise((resolve) => {
            done = resolve;
        });
        const granted = () => {
            const late = clock.now() - asked > AT_ONCE;
            timer = clock.setTimeout(callback, late ? TAKE_OVER_AFTER : 0);
            return held;
        };
        locks.request(LOCK, { signal: waiting.signal }, granted).catch(() => {
            // given up while it waited
        });
        return () => {
            clock.clearTimeout(timer);
            waiting.abort();
            done();
        };
    }

    /** The browser waits for a person: so do we, and say it unless another tab rings. */
    async _waitForGesture() {
        if (!this.#listening) {
            this.#listening = true;
            GESTURES.forEach((name) =>
                this.#options.win.addEventListener(name, this._handleGesture, true)
            );
        }
        if (!(await this._ringsElsewhere()) && this.#listening) {
            this.blocked = true;
            this.#options.onChange();
        }
    }

    _handleGesture = async () => {
        const { tone } = this.#options;
        try {
            await tone.wake();
        } catch {
            return;
        }
        this._unblock();
        if (!this.#release) {
            tone.stop(); // nothing rings now; the next call may sound
        }
    };

    async _ringsElsewhere() {
        try {
            const { held } = await this.#options.locks.query();
            return held.some(({ name }) => name === LOCK);
        } catch {
            return false;
        }
    }

    _unblock() {
        this._unlisten();
        if (this.blocked) {
            this.blocked = false;
            this.#options.onChange();
        }
    }

    _unlisten() {
        this.#listening = false;
        GESTURES.forEach((name) =>
            this.#options.win.removeEventListener(name, this._handleGesture, true)
        );
    }
}

// Reading the property throws where the browser keeps nothing for this page.
function storageOf(scope) {
    try {
        return scope.localStorage;
    } catch {
        return undefined;
    }
}
