/**
 * Which record the agent looks at, and whether it was opened during a call: then
 * the panel offers to attach it.
 */

// Pages of these say nothing of what a call is about.
const NEVER = new Set([
    'CollaborationGroup',
    'ContentDocument',
    'Dashboard',
    'Event',
    'Report',
    'Task',
    'User'
]);

// Whose call a record belongs to, if there are several.
const ORDER = ['connected', 'ringing', 'dialing', 'held', 'ended'];

export class RecordWatch {
    /** @type {{object: string, id: string}|null} */
    record = null;
    openedAt = 0;

    /**
     * @param {object} page the page reference of what is on the screen now
     * @param {number} now the bridge's time in milliseconds
     * @returns {boolean} whether it is another record than before
     */
    see(page, now) {
        const record = recordOfPage(page);
        const changed = key(record) !== key(this.record);
        if (changed) {
            this.record = record;
            this.openedAt = now;
        }
        return changed;
    }

    /** @returns {string|undefined} the id of the call that the record may be attached to */
    callFor(calls) {
        if (!this.record) {
            return undefined;
        }
        const call = [...calls]
            .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
            .find(({ startedAt }) => Date.parse(startedAt) <= this.openedAt);
        return call && key(attachedOf(call)) !== key(this.record) ? call.id : undefined;
    }
}

/** @returns {object|undefined} what a call counts as being about: chosen, else the only exact match */
export function attachedOf({ chosen, matches = [] }) {
    return (
        chosen ?? (matches.length === 1 && matches[0].match === 'exact' ? matches[0] : undefined)
    );
}

function recordOfPage({ type, attributes } = {}) {
    const { recordId: id, objectApiName: object } = attributes ?? {};
    const isRecord = type === 'standard__recordPage' && id && object && !NEVER.has(object);
    return isRecord ? { object, id } : null;
}

// An id has 15 or 18 characters; the last three only repeat the others.
function key(record) {
    return record?.id.slice(0, 15);
}
