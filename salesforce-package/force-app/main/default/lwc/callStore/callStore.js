/**
 * The calls this agent sees. Frames carry whole calls, so the store only has
 * to keep the newest revision of each; an ended call stays for a while and is
 * then dropped.
 */

/** How long an ended call stays in the list, in milliseconds. */
export const ENDED_FOR = 20000;
/** The same for one that was answered: something may be written on it. */
export const TALKED_FOR = 60000;
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

    /**
     * Replaces everything by what `welcome` says; its time corrects a wrong clock here.
     * @param {(id: string) => boolean} [holds] calls that stay, as ended ones, even if
     *        the bridge has them no more: the agent is at work in them
     */
    replaceAll(calls, serverTime, holds = () => false) {
        const time = Date.parse(serverTime);
        this.#skew = Number.isNaN(time) ? 0 : time - this.#now();
        const held = this.calls.filter(({ id }) => holds(id) || this._isBusy(id));
        this.#calls.clear();
        this.#ended.clear();
        this.#removed.clear();
        held.forEach((call) => this.put(asEnded(call, this.time)));
        calls.forEach((call) => {
            this.#calls.delete(call.id);
            this.put(call);
        });
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

    /**
     * Drops ended calls whose time is over.
     * @param {(id: string) => boolean} [holds] calls that stay
     * @returns {boolean} whether any was dropped
     */
    expire(holds = () => false) {
        const due = [...this.#ended]
            .filter(([id, at]) => this.#now() - at >= this._staysFor(id))
            .filter(([id]) => id !== this.#kept && !holds(id))
            .map(([id]) => id);
        due.forEach((id) => this.remove(id));
        return due.length > 0;
    }

    _staysFor(id) {
        return this.#calls.get(id)?.answeredAt ? TALKED_FOR : ENDED_FOR;
    }

    // Ended, and the agent's mouse or keyboard is in it.
    _isBusy(id) {
        return id === this.#kept && this.#ended.has(id);
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

    /** The ids of all calls. */
    get ids() {
        return new Set(this.#calls.keys());
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

function asEnded(call, time) {
    const endedAt = new Date(time).toISOString();
    return call.state === 'ended'
        ? call
        : { ...call, state: 'ended', endReason: 'hangup', endedAt, actions: [] };
}
