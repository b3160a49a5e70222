import { LightningElement, api } from 'lwc';
import { labels, say } from 'c/phoneLabels';
import { partyText, recordOf, stateText } from 'c/callText';
import { clockTime, duration } from 'c/numberFormat';

/**
 * The agent's recent calls, folded until asked for. Fires `shown` with whether
 * the list is on the screen, `open` with a record, and `callback` with
 * `{number, record}`.
 */
export default class RecentCalls extends LightningElement {
    /** As the bridge answers `recent`, newest first. */
    @api calls = [];
    /** The bridge's time in milliseconds. */
    @api now = 0;
    /** Set while dialling is impossible. */
    @api disabled = false;

    labels = labels;
    expanded = false;

    /** How many missed calls are new; a list on the screen has none. */
    get fresh() {
        return this.expanded ? 0 : this.calls.filter(isNew).length;
    }

    get freshText() {
        return say(labels.recentNew, this.fresh);
    }

    get icon() {
        return this.expanded ? 'utility:chevrondown' : 'utility:chevronright';
    }

    get expandedText() {
        return String(this.expanded);
    }

    get items() {
        return this.calls.map((call) => this.item(call));
    }

    item(call) {
        const record = recordOf(call);
        const number = call.party.number;
        const name = partyText(call);
        return {
            id: call.id,
            name,
            record,
            icon: iconOf(call),
            variant: isNew(call) ? 'error' : undefined,
            way: wayText(call),
            nameClass: isNew(call) ? 'slds-text-title_bold' : '',
            detail: this.detail(call, name),
            number,
            callText: say(labels.dialNumber, name),
            silent: this.disabled || !number
        };
    }

    /** "10:42 · Missed · rang at several of you · Done by bob@example.com" */
    detail(call, name) {
        const { display } = call.party;
        return [
            clockTime(call.startedAt, this.now || Date.now()),
            outcome(call),
            display === name ? '' : display,
            call.shared && labels.recentShared,
            call.doneBy && say(labels.recentDone, call.doneBy)
        ]
            .filter(Boolean)
            .join(' · ');
    }

    handleToggle() {
        this.expanded = !this.expanded;
        this.dispatchEvent(new CustomEvent('shown', { detail: this.expanded }));
    }

    handleOpen({ currentTarget }) {
        const { object, id } = this.find(currentTarget).record;
        this.dispatchEvent(new CustomEvent('open', { detail: { object, id } }));
    }

    handleCall({ currentTarget }) {
        const { number, record } = this.find(currentTarget);
        const ref = record && { object: record.object, id: record.id };
        this.dispatchEvent(new CustomEvent('callback', { detail: { number, record: ref } }));
    }

    find({ dataset }) {
        return this.items.find(({ id }) => id === dataset.call);
    }
}

function isNew({ missed, seen, doneAt }) {
    return Boolean(missed && !seen && !doneAt);
}

function iconOf(call) {
    if (call.missed) {
        return 'utility:missed_call';
    }
    return isOutgoing(call) ? 'utility:outbound_call' : 'utility:incoming_call';
}

function wayText(call) {
    if (call.missed) {
        return labels.recentMissed;
    }
    return isOutgoing(call) ? labels.recentOutgoing : labels.recentIncoming;
}

function isOutgoing({ direction, outgoing }) {
    return direction === 'outbound' || outgoing === true;
}

/** How it ended, or how long they talked. */
function outcome(call) {
    if (call.answeredAt) {
        return duration(Date.parse(call.endedAt) - Date.parse(call.answeredAt));
    }
    return call.missed ? labels.recentMissed : stateText({ ...call, state: 'ended' });
}
