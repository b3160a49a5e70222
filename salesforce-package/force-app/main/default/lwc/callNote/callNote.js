import { LightningElement, api } from 'lwc';
import { labels } from 'c/phoneLabels';

const OUTCOMES = [
    labels.outcomeDone,
    labels.outcomeCallBack,
    labels.outcomePassedOn,
    labels.outcomeNotReached,
    labels.outcomeWrongNumber
];

const STATES = {
    saved: labels.noteSaved,
    failed: labels.noteUnsaved,
    lost: labels.noteLost,
    unlogged: labels.noteNotLogged,
    tooLong: labels.noteTooLong
};

/**
 * What the agent writes on a call. Fires `write` with `{text, disposition,
 * followUp}` on each change, and `leave` when a box is left.
 */
export default class CallNote extends LightningElement {
    /** `{text, disposition, followUp}`, each perhaps empty. */
    @api note = { text: '', disposition: '', followUp: '' };
    /** How it stands with saving, as `c/noteSaver` says. */
    @api state = '';
    /** The outcomes to choose from; none: our own. */
    @api dispositions;

    labels = labels;

    get outcomes() {
        const { disposition } = this.note;
        const list = this.dispositions?.length ? [...this.dispositions] : [...OUTCOMES];
        if (disposition && !list.includes(disposition)) {
            list.push(disposition); // a colleague's, in another language or of another list
        }
        return list.map((value) => ({ value, selected: value === disposition }));
    }

    get noOutcome() {
        return !this.note.disposition;
    }

    get stateText() {
        return STATES[this.state] ?? '';
    }

    get stateClass() {
        const bad = this.stateText && this.state !== 'saved';
        return `slds-m-top_xx-small ${bad ? 'slds-text-color_error' : 'slds-text-color_weak'}`;
    }

    /** A template cannot bind a textarea's text; who types must not lose the cursor. */
    renderedCallback() {
        const box = this.template.querySelector('textarea');
        if (box.value !== this.note.text) {
            box.value = this.note.text;
        }
    }

    handleInput() {
        const valueOf = (id) => this.template.querySelector(`[data-id="${id}"]`).value;
        const detail = {
            text: valueOf('text'),
            disposition: valueOf('outcome'),
            followUp: valueOf('day')
        };
        this.dispatchEvent(new CustomEvent('write', { detail }));
    }

    handleLeave() {
        this.dispatchEvent(new CustomEvent('leave'));
    }
}
