/**
 * The calls this agent sees. Frames carry whole calls, so the store only has
 * to keep the newest revision of each; an ended call stays for a while and is
 * then dropped.
 */

/** How long an ended call stays in the list, in milliseconds. */
export const ENDED_FOR = 20000;
const REMEMBERED = 100;
const ORDER = ['ringing', 'connected', 'dialing', 'held', 'ended'];

export class CallStore {
    #calls = new Map();
    #ended = new Map(); // id → when this browser heard of the end
    #removed = new Set();
    #kept = null;
    #skew = 0;
    #now;

    /** @param {() => number} now the clock, in milliseconds */
    constructor(now = Date.now) {
        this.#now = now;
    }

    /** Replaces everything by what `welcome` says; its time corrects a wrong clock here. */
    replaceAll(calls, serverTime) {
        this.#calls.clear();
        this.#ended.clear();
        this.#removed.clear();
        const time = Date.parse(serverTime);
        this.#skew = Number.isNaN(time) ? 0 : time - this.#now();
        calls.forEach((call) => this.put(call));
    }

    /**
     * Takes a call unless a newer revision is here already.
     * @returns {object|null|undefined} the revision before it, null for a new call, undefined if ignored
     */
    put(call) {
        const before = this.#calls.get(call.id) ?? null;
        if (this.#removed.has(call.id) || (before && call.revision <= before.revision)) {
            return undefined;
        }
        this.#calls.set(call.id, call);
        if (call.state !== 'ended') {
            this.#ended.delete(call.id);
        } else if (!this.#ended.has(call.id)) {
            this.#ended.set(call.id, this.#now());
        }
        return before;
    }

    /** Remembers the choice at once; the bridge confirms it in the next revision. */
    choose(id, record) {
        const call = this.#calls.get(id);
        if (call) {
            this.#calls.set(id, { ...call, chosen: record });
        }
    }

    /** Keeps one call however long it has ended, while the agent is busy with it; null for none. */
    keep(id) {
        if (this.#kept && this.#kept !== id && this.#ended.has(this.#kept)) {
            this.#ended.set(this.#kept, this.#now());
        }
        this.#kept = id;
    }

    /** Drops ended calls whose time is over. @returns {boolean} whether any was dropped */
    expire() {
        const due = [...this.#ended]
            .filter(([id, at]) => id !== this.#kept && this.#now() - at >= ENDED_FOR)
            .map(([id]) => id);
        due.forEach((id) => this.remove(id));
        return due.length > 0;
    }

    /** Drops one ended call; later frames of it are ignored. */
    remove(id) {
        this.#calls.delete(id);
        this.#ended.delete(id);
        this.#removed.add(id);
        if (this.#removed.size > REMEMBERED) {
            this.#removed.delete(this.#removed.values().next().value);
        }
    }

    /** The bridge's time now, in milliseconds. */
    get time() {
        return this.#now() + this.#skew;
    }

    get size() {
        return this.#calls.size;
    }

    /** All calls: what rings first, then what talks; ended ones last; newest first within. */
    get calls() {
        return [...this.#calls.values()].sort(
            (a, b) =>
                ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
                Date.parse(b.startedAt) - Date.parse(a.startedAt)
        );
    }
}
