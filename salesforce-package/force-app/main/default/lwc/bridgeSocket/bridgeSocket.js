/**
 * The panel's line to the bridge: one WebSocket that signs in, stays up and
 * carries requests. It holds no call: `onFrame` gets every frame, and the first
 * one after each sign-in is `welcome` with the whole state.
 *
 *     start ─► ticket or resume ─► open ─► authenticate ─► welcome ─► frames
 *                  ▲                                          │
 *                  └──── wait (full jitter, 0.5 to 30 s) ◄─ close
 *
 * States told to `onState`: connecting, connected, waiting, stopped. A stopped
 * line (4403, 4409) opens again only when a person asks for it.
 */
import { PROTOCOL, authenticate, decode, tab as tabFrame } from 'c/frameCodec';
import { browserClock } from 'c/browserClock';

export const BACKOFF_MIN = 500;
export const BACKOFF_MAX = 30000;
/** The bridge pings every 20 s; three missed pings mean a dead line. */
export const SILENCE = 60000;
/** From opening to welcome. */
export const WELCOME_WITHIN = 15000;
export const ANSWER_WITHIN = 10000;
/** A line that held this long was a good one: the next waiting starts small again. */
const GOOD_AFTER = 10000;

const CLOSE = { malformed: 4400, unauthenticated: 4401, noAgent: 4403, replaced: 4409, many: 4429 };
const FINAL = new Set([CLOSE.noAgent, CLOSE.replaced]);
/** Only an administrator can help: ask seldom. */
const HOPELESS = new Set(['signature', 'audience', 'org', 'malformed']);

export class BridgeSocket {
    #options;
    #socket = null;
    #attempt = 0;
    #failures = 0;
    #timers = {};
    #pending = new Map();
    #requests = 0;
    #resume = null;
    #url = null;
    #lastFrame = 0;
    #welcomedAt = 0;
    #state = { name: 'stopped' };

    /**
     * @param {object} options
     * @param {() => Promise<{ticket: string, bridgeUrl: string}>} options.getTicket
     *        asked before each sign-in that has no resume token
     * @param {{id: string, visible: boolean, focused: boolean, console: boolean}} options.tab
     * @param {{name: string, version: string}} options.client
     * @param {(frame: object) => void} options.onFrame
     * @param {(state: object) => void} options.onState `{name, cause?, code?, reason?, url?, opened?}`
     * @param {typeof WebSocket} [options.WebSocket]
     * @param {object} [options.clock] setTimeout, clearTimeout, now, random
     */
    constructor(options) {
        this.#options = { WebSocket: globalThis.WebSocket, clock: browserClock, ...options };
    }

    get connected() {
        return this.#state.name === 'connected';
    }

    /** Opens the line; does nothing if it is open or opening. */
    start() {
        if (this.#state.name === 'stopped' || this.#state.name === 'waiting') {
            this._connect();
        }
    }

    /** Closes the line for good. */
    stop() {
        this._close();
        this._clear('retry');
        this._rejectAll('notConnected');
        this.#state = { name: 'stopped' };
    }

    /** The tab came to front, went away, woke or went online. */
    tabChanged({ visible, focused }) {
        const { tab } = this.#options;
        const changed = tab.visible !== visible || tab.focused !== focused;
        Object.assign(tab, { visible, focused });
        this._recheck();
        if (changed) {
            this.send(tabFrame(tab));
        }
    }

    /** @returns {boolean} false if there is no line; such frames are not kept */
    send(frame) {
        if (!this.connected) {
            return false;
        }
        this.#socket.send(JSON.stringify(frame));
        return true;
    }

    /**
     * Sends a request and waits for its result. If the line breaks meanwhile, the
     * same request goes out again after the next welcome: the bridge does each
     * request id once.
     * @returns {Promise<object>} the result frame; rejects with `{code, message?, cure?}`
     */
    request(frame) {
        if (!this.connected) {
            return Promise.reject({ code: 'notConnected' });
        }
        const request = `${this.#options.tab.id}-${++this.#requests}`;
        return new Promise((resolve, reject) => {
            const timer = this.#options.clock.setTimeout(() => {
                this.#pending.delete(request);
                reject({ code: 'timeout' });
            }, ANSWER_WITHIN);
            const { type, ...rest } = frame;
            const sent = { type, request, ...rest };
            this.#pending.set(request, { frame: sent, resolve, reject, timer });
            this.send(sent);
        });
    }

    async _connect() {
        const attempt = ++this.#attempt;
        this._clear('retry');
        this._tell({ name: 'connecting' });
        this._set('welcome', WELCOME_WITHIN, () => this._lost({ cause: 'unreachable' }));
        const resumed = this.#resume !== null;
        let credentials = { resume: this.#resume };
        if (!resumed) {
            try {
                const { ticket, bridgeUrl } = await this.#options.getTicket();
                credentials = { ticket };
                this.#url = socketUrl(bridgeUrl);
            } catch (error) {
                if (attempt === this.#attempt) {
                    this._lost({ cause: 'ticket', reason: messageOf(error) });
                }
                return;
            }
        }
        if (attempt === this.#attempt) {
            this._open(credentials);
        }
    }

    _open(credentials) {
        const { WebSocket, tab, client } = this.#options;
        let socket;
        try {
            socket = new WebSocket(this.#url, PROTOCOL);
        } catch {
            // The constructor throws for an address the page may never use.
            this._lost({ cause: 'refused' });
            return;
        }
        this.#socket = socket;
        let opened = false;
        const mine = (handle) => (event) => socket === this.#socket && handle(event);
        socket.onopen = mine(() => {
            opened = true;
            socket.send(JSON.stringify(authenticate(credentials, { ...tab }, client)));
        });
        socket.onmessage = mine(({ data }) => this._receive(data));
        socket.onclose = mine(({ code, reason }) => {
            this._closed({ code, reason, opened, resumed: 'resume' in credentials });
        });
    }

    _receive(text) {
        this._heard();
        const frame = decode(text);
        if (!frame) {
            return;
        }
        if (frame.type === 'welcome') {
            this._welcomed(frame);
        } else if (frame.type === 'result') {
            this._answer(frame);
        }
        this.#options.onFrame(frame);
    }

    _welcomed({ resume }) {
        this._clear('welcome');
        this.#resume = resume ?? null;
        this.#welcomedAt = this.#options.clock.now();
        this._tell({ name: 'connected' });
        this.#pending.forEach(({ frame }) => this.send(frame));
    }

    _answer(frame) {
        const waiting = this.#pending.get(frame.request);
        if (!waiting) {
            return;
        }
        this.#pending.delete(frame.request);
        this.#options.clock.clearTimeout(waiting.timer);
        if (frame.ok) {
            waiting.resolve(frame);
        } else {
            waiting.reject(frame.error ?? { code: 'unknown' });
        }
    }

    _heard() {
        this.#lastFrame = this.#options.clock.now();
        this._set('silence', SILENCE, () => this._lost({ cause: 'silence', opened: true }));
    }

    _closed({ code, reason, opened, resumed }) {
        if (code === CLOSE.unauthenticated) {
            this.#resume = null;
        }
        if (FINAL.has(code)) {
            this._close();
            this.#resume = null;
            this._rejectAll('notConnected');
            this._tell({ name: 'stopped', code, reason });
            return;
        }
        if (code === CLOSE.unauthenticated && resumed) {
            this._close();
            this._connect(); // the resume token is spent: sign in with a ticket at once
            return;
        }
        const slow = code === CLOSE.many || code === CLOSE.malformed || HOPELESS.has(reason);
        this._lost({ cause: opened ? 'closed' : 'unreachable', code, reason, opened, slow });
    }

    /** Gives this line up and waits for the next attempt. */
    _lost({ cause, code, reason, opened = false, slow = false }) {
        const { now, random, setTimeout } = this.#options.clock;
        if (this.#welcomedAt && now() - this.#welcomedAt >= GOOD_AFTER) {
            this.#failures = 0;
        }
        this.#welcomedAt = 0;
        this._close();
        const most = slow ? BACKOFF_MAX : Math.min(BACKOFF_MAX, BACKOFF_MIN * 2 ** this.#failures);
        const wait = slow ? most / 2 + (random() * most) / 2 : random() * most;
        this.#failures++;
        this.#timers.retry = setTimeout(() => this._connect(), wait);
        const failures = this.#failures;
        this._tell({
            name: 'waiting',
            cause,
            code,
            reason,
            opened,
            slow,
            url: this.#url,
            failures
        });
    }

    _recheck() {
        if (this.#state.name === 'waiting' && !this.#state.slow) {
            this._connect();
        } else if (this.connected && this.#options.clock.now() - this.#lastFrame >= SILENCE) {
            this._lost({ cause: 'silence', opened: true });
        }
    }

    _close() {
        this.#attempt++; // whatever is still under way is no longer ours
        this._clear('silence');
        this._clear('welcome');
        const socket = this.#socket;
        this.#socket = null;
        socket?.close();
    }

    _tell(state) {
        this.#state = state;
        this.#options.onState(state);
    }

    _rejectAll(code) {
        this.#pending.forEach(({ reject, timer }) => {
            this.#options.clock.clearTimeout(timer);
            reject({ code });
        });
        this.#pending.clear();
    }

    _set(name, delay, callback) {
        this._clear(name);
        this.#timers[name] = this.#options.clock.setTimeout(callback, delay);
    }

    _clear(name) {
        this.#options.clock.clearTimeout(this.#timers[name]);
        delete this.#timers[name];
    }
}

/**
 * @param {string} bridgeUrl the bridge's public address, or a whole ws(s): address
 * @returns {string} where its WebSocket is
 */
export function socketUrl(bridgeUrl) {
    const url = (bridgeUrl ?? '').trim().replace(/\/+$/, '');
    return /^wss?:/i.test(url) ? url : `${url.replace(/^http/i, 'ws')}/agent/ws`;
}

function messageOf(error) {
    return error?.body?.message ?? error?.message ?? '';
}
