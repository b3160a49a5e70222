/**
 * Saves what the agent writes on calls, by itself: a moment after the last key,
 * at once when the box is left, again and again while the line is broken.
 *
 *     edit ─► draft ─(1 s, or flush)─► note frame ─► result ─► saved
 *               ▲                                      │
 *               └──── again in 5 s, or at the welcome ─┘ not answered
 *
 * A draft is what the box shows until somebody else (a colleague who handed the
 * call on, another tab) has written something newer. One frame of a call is
 * under way at a time, so that an older text never lands after a newer one.
 */
import { browserClock } from 'c/browserClock';
import { note as noteFrame } from 'c/frameCodec';

/** From the last key to saving, in milliseconds. */
export const SAVE_AFTER = 1000;
/** Who types without a pause is saved this often. */
export const SAVE_EVERY = 5000;
export const RETRY_AFTER = 5000;

// Refusals that trying again does not help.
const FINAL = { noCall: 'lost', callGone: 'lost', notLogged: 'unlogged', badNote: 'tooLong' };

export class NoteSaver {
    #drafts = new Map(); // call id → {note, base, sent, state, timer, due, busy}
    #options;

    /**
     * @param {object} options
     * @param {(frame: object) => Promise<object>} options.send resolves once the bridge has it
     * @param {() => void} options.onChange a note or its state is another
     * @param {object} [options.clock]
     */
    constructor(options) {
        this.#options = { clock: browserClock, ...options };
    }

    /** What the box of a call shows: `{text, disposition, followUp}`. */
    noteOf(call) {
        return this.#drafts.get(call.id)?.note ?? whole(call.note);
    }

    /** '' (nothing written here), typing, saved, failed (tries again), lost, unlogged or tooLong. */
    stateOf(id) {
        return this.#drafts.get(id)?.state ?? '';
    }

    /** Whether the bridge lacks something that the agent wrote. */
    isUnsaved(id) {
        const state = this.stateOf(id);
        return state !== '' && state !== 'saved';
    }

    /** Takes what the box holds now. */
    edit(call, note) {
        const { clock } = this.#options;
        const draft = this.#drafts.get(call.id) ?? { base: whole(call.note), due: 0 };
        if (!this.isUnsaved(call.id)) {
            draft.due = clock.now() + SAVE_EVERY;
        }
        Object.assign(draft, { note: whole(note), state: 'typing' });
        this.#drafts.set(call.id, draft);
        this._later(call.id, Math.max(0, Math.min(SAVE_AFTER, draft.due - clock.now())));
        this.#options.onChange();
    }

    /** Saves at once what is not saved: of one call, else of all. */
    flush(id) {
        const ids = id === undefined ? [...this.#drafts.keys()] : [id];
        ids.filter((each) => ['typing', 'failed'].includes(this.stateOf(each))).forEach((each) =>
            this._save(each)
        );
    }

    /** A newer revision of a call: what stands on it may be ours, or somebody else's. */
    received(call) {
        const draft = this.#drafts.get(call.id);
        const theirs = whole(call.note);
        if (!draft || same(theirs, draft.base)) {
            return;
        }
        if (same(theirs, draft.note)) {
            this._confirmed(draft, theirs);
        } else if (draft.sent && same(theirs, draft.sent)) {
            draft.base = theirs;
        } else if (draft.state === 'saved') {
            this.forget(call.id);
        } else {
            draft.note = merged(draft, theirs);
            draft.base = theirs;
        }
    }

    /** Drops what was written on a call. */
    forget(id) {
        this.#options.clock.clearTimeout(this.#drafts.get(id)?.timer);
        this.#drafts.delete(id);
    }

    /** Drops what is of no call any more; only what can still be saved stays. */
    keepOnly(ids) {
        [...this.#drafts.keys()]
            .filter((id) => !ids.has(id) && !['typing', 'failed'].includes(this.stateOf(id)))
            .forEach((id) => this.forget(id));
    }

    /** Saves what it can and starts nothing more. */
    stop() {
        this.flush();
        [...this.#drafts.keys()].forEach((id) => this.forget(id));
    }

    async _save(id) {
        const { send, clock, onChange } = this.#options;
        const draft = this.#drafts.get(id);
        clock.clearTimeout(draft.timer);
        if (draft.busy) {
            return; // goes out when the one before it is done
        }
        Object.assign(draft, { busy: true, sent: draft.note });
        let refusal = null;
        try {
            await send(noteFrame(id, draft.sent));
        } catch (reason) {
            refusal = reason ?? {};
        }
        draft.busy = false;
        if (this.#drafts.get(id) !== draft) {
            return; // forgotten meanwhile
        }
        this._answered(id, draft, refusal);
        onChange();
    }

    _answered(id, draft, refusal) {
        const newer = draft.note !== draft.sent;
        if (!refusal) {
            draft.base = draft.sent;
            draft.state = newer ? draft.state : 'saved';
        } else if (draft.state === 'saved' && !FINAL[refusal.code]) {
            return; // a call frame told it already
        } else if (!newer) {
            draft.state = FINAL[refusal.code] ?? 'failed';
        }
        if (draft.state === 'failed') {
            this._later(id, RETRY_AFTER);
        } else if (newer) {
            this._later(id, refusal ? RETRY_AFTER : SAVE_AFTER);
        }
    }

    _confirmed(draft, theirs) {
        this.#options.clock.clearTimeout(draft.timer);
        Object.assign(draft, { base: theirs, state: 'saved', due: 0 });
    }

    _later(id, wait) {
        const { clock } = this.#options;
        const draft = this.#drafts.get(id);
        clock.clearTimeout(draft.timer);
        draft.timer = clock.setTimeout(() => this._save(id), wait);
    }
}

function whole({ text = '', disposition = '', followUp = '' } = {}) {
    return { text, disposition, followUp };
}

/** The bridge takes blanks off both ends. */
function same(a, b) {
    return (
        a.text.trim() === b.text.trim() &&
        a.disposition.trim() === b.disposition.trim() &&
        a.followUp === b.followUp
    );
}

/**
 * The agent writes while a colleague's note arrives: that goes before ours, as
 * the bridge puts it. Any other change of the text gives way to the agent's.
 */
function merged({ note, base }, theirs) {
    const before = base.text.trim();
    const added = theirs.text.endsWith(before)
        ? theirs.text.slice(0, theirs.text.length - before.length).trimEnd()
        : '';
    return {
        text: added ? `${added}\n${note.text}` : note.text,
        disposition: note.disposition || theirs.disposition,
        followUp: note.followUp || theirs.followUp
    };
}
