import { LightningElement, api } from 'lwc';
import { dialable } from 'c/numberFormat';
import { labels, say } from 'c/phoneLabels';
import { objectText, recordOf, stateText, timeText } from 'c/callText';

const ICONS = {
    ringing: 'utility:incoming_call',
    dialing: 'utility:outbound_call',
    connected: 'utility:call',
    held: 'utility:paused_call',
    ended: 'utility:end_call'
};

const HEADERS = {
    ringing: 'slds-theme_success',
    dialing: 'slds-theme_info',
    connected: 'slds-theme_alt-inverse',
    held: 'slds-theme_info',
    ended: 'slds-theme_shade'
};

const BUTTONS = [
    { action: 'answer', label: labels.actionAnswer, variant: 'success' },
    { action: 'reject', label: labels.actionReject, variant: 'destructive' },
    { action: 'retrieve', label: labels.actionRetrieve, variant: 'brand' },
    { action: 'complete', label: labels.actionComplete, variant: 'brand' },
    { action: 'swap', label: labels.actionSwap, variant: 'neutral' },
    { action: 'hold', label: labels.actionHold, variant: 'neutral' },
    { action: 'transfer', label: labels.actionTransfer, variant: 'neutral' },
    { action: 'consult', label: labels.actionConsult, variant: 'neutral' },
    { action: 'hangup', label: labels.actionHangup, variant: 'destructive' }
];

// Actions that need a number, and how the box for it is called.
const TARGETS = { transfer: labels.transferTo, consult: labels.consultWith };

/**
 * One call. Fires `open`, `choose` and `attach` with a record (`attach` with none detaches), `create` with
 * `{object, number}`, `action` with `{action, to}`, `write` with a note, `leave`
 * when a box of the note is left, `dismiss`, and `busy` with whether the agent is
 * at work in the card.
 */
export default class CallCard extends LightningElement {
    /** A call as the bridge sends it. */
    @api call;
    /** The bridge's time in milliseconds; moves on each second. */
    @api now = 0;
    /** Whether the bridge can erase a private call. */
    @api erasable = false;
    /** What the box for the note holds, `{text, disposition, followUp}`, and how saving it stands. */
    @api note = { text: '', disposition: '', followUp: '' };
    @api noteState = '';
    /** The outcomes to choose from. */
    @api dispositions;
    /** Further fields of matches to show, by object. */
    @api shown;
    /** A record that the agent opened during the call. */
    @api offered;

    labels = labels;
    target = '';
    asked = '';
    erasing = false;

    /** The action that waits for its number, while the switch allows it. */
    get asking() {
        return this.call.actions.includes(this.asked) ? this.asked : '';
    }

    get targetLabel() {
        return TARGETS[this.asking];
    }

    get askingLabel() {
        return BUTTONS.find(({ action }) => action === this.asking).label;
    }

    get targetDisabled() {
        return !dialable(this.target);
    }

    get isEnded() {
        return this.call.state === 'ended';
    }

    get isDialing() {
        return this.call.state === 'dialing';
    }

    get isPending() {
        const asked = this.call.party.number && !this.call.matches;
        return asked && this.call.direction !== 'internal' && !this.isEnded;
    }

    get isUnknown() {
        return this.call.matches?.length === 0;
    }

    get hasSeveral() {
        return this.call.matches?.length > 1;
    }

    get single() {
        return this.call.matches?.length === 1 ? recordOf(this.call) : undefined;
    }

    get who() {
        const { party } = this.call;
        return recordOf(this.call)?.name ?? party.label ?? party.display ?? labels.unknownNumber;
    }

    get showNumber() {
        const { display, probable } = this.call.party;
        return probable || (display && (this.single || this.who !== display));
    }

    get stateText() {
        return stateText(this.call);
    }

    get groupText() {
        return this.call.group ? say(labels.group, this.call.group) : '';
    }

    get transferredText() {
        const { transferredBy } = this.call;
        return transferredBy ? say(labels.transferredBy, transferredBy) : '';
    }

    /** While it rings there is nothing to write yet, but perhaps to read. */
    get isWritable() {
        const { state, answeredAt, direction, note } = this.call;
        if (state === 'ended') {
            return Boolean(answeredAt || direction === 'outbound' || note || this.noteState);
        }
        return state !== 'ringing' || direction === 'outbound';
    }

    get noteText() {
        const { text, disposition, followUp } = this.call.note ?? {};
        const words = [text, disposition, followUp].filter(Boolean).join(' · ');
        return this.isWritable ? '' : words;
    }

    get noteTitle() {
        const { transferredBy } = this.call;
        return transferredBy ? say(labels.noteOf, transferredBy) : labels.note;
    }

    /** The chosen record, unless the matches show it already. */
    get attached() {
        const { chosen, matches = [], party } = this.call;
        const shown = !party.withheld && matches.some(({ id }) => id === chosen?.id);
        return shown ? undefined : chosen;
    }

    get hasAttachment() {
        return this.call.chosen || this.offered;
    }

    get privateLabel() {
        return this.erasing ? labels.privateConfirm : labels.actionPrivate;
    }

    get privateVariant() {
        return this.erasing ? 'destructive' : 'base';
    }

    get headerText() {
        return `${this.stateText} ${this.groupText}`.trim();
    }

    // The header says already that a missed call was declined, in the agent's language.
    get detailText() {
        return this.call.endReason === 'abandoned' ? undefined : this.call.detail;
    }

    get stateIcon() {
        const missed = this.isEnded && this.call.endReason === 'abandoned';
        return missed ? 'utility:missed_call' : ICONS[this.call.state];
    }

    get iconVariant() {
        return this.isEnded ? undefined : 'inverse';
    }

    get headerClass() {
        const theme = HEADERS[this.call.state];
        return `slds-grid slds-grid_vertical-align-center slds-p-horizontal_small slds-p-vertical_xx-small ${theme}`;
    }

    get timeText() {
        return timeText(this.call, this.now);
    }

    get timeLabel() {
        return say(labels.runningTime, this.timeText);
    }

    get createLabel() {
        return say(labels.create, objectText(this.call.create));
    }

    get buttons() {
        return BUTTONS.filter(({ action }) => this.call.actions.includes(action));
    }

    handleOpen({ detail }) {
        this.fire('open', detail);
    }

    handleChoose({ detail }) {
        this.fire('choose', detail);
    }

    handleAttach({ detail }) {
        this.fire('attach', detail);
    }

    handleWrite({ detail }) {
        this.fire('write', detail);
    }

    handleLeave() {
        this.fire('leave');
    }

    handleCreate() {
        this.fire('create', { object: this.call.create, number: this.call.party.number });
    }

    handleAction({ currentTarget }) {
        const { action } = currentTarget.dataset;
        if (TARGETS[action]) {
            this.asked = action;
            this.target = '';
        } else {
            this.fire('action', { action });
        }
    }

    /** Nothing brings an erased call back: the first click only asks. */
    handlePrivate() {
        if (this.erasing) {
            this.fire('action', { action: 'private' });
        }
        this.erasing = !this.erasing;
    }

    handlePrivateLeft() {
        this.erasing = false;
    }

    handleTarget({ detail }) {
        this.target = detail.value;
    }

    handleTargetKey({ key }) {
        if (key === 'Enter') {
            this.handleSend();
        } else if (key === 'Escape') {
            this.handleCancel();
        }
    }

    handleSend() {
        if (!this.targetDisabled) {
            this.fire('action', { action: this.asking, to: dialable(this.target) });
            this.asked = '';
        }
    }

    handleCancel() {
        this.asked = '';
    }

    handleDismiss() {
        this.fire('dismiss');
    }

    handleBusy() {
        this.fire('busy', true);
    }

    handleIdle() {
        this.fire('busy', false);
    }

    fire(name, detail) {
        this.dispatchEvent(new CustomEvent(name, { detail }));
    }
}
