/**
 * The panel's item in the utility bar: its label and icon say what the phone
 * does, and it opens when a call comes. Each thing is told to the platform
 * only when it changes.
 */
import { getInfo, open, updateUtility } from 'lightning/platformUtilityBarApi';
import { labels } from 'c/phoneLabels';
import { partyText } from 'c/callText';

const ICONS = {
    ringing: 'incoming_call',
    dialing: 'outbound_call',
    connected: 'call',
    held: 'paused_call'
};

export class UtilityItem {
    /** Given by the platform; undefined where there is no utility bar. */
    id;
    #shown = '';

    /** @returns {Promise<void>} opened, unless it was open; the focus stays where it is */
    async open() {
        if (this.id && !(await this._isOpen())) {
            await this._quietly(open(this.id, { autoFocus: false }));
        }
    }

    /** @param {object[]} calls most important first @param {boolean} connected */
    show(calls, connected) {
        const call = calls.find(({ state }) => state !== 'ended');
        const item = {
            label: call ? partyText(call) : labels.phone,
            icon: call ? ICONS[call.state] : 'call',
            highlighted: call?.state === 'ringing'
        };
        if (!connected) {
            item.label = labels.offline;
            item.icon = 'offline';
        }
        const key = JSON.stringify(item);
        if (this.id && key !== this.#shown) {
            this.#shown = key;
            this._quietly(updateUtility(this.id, item));
        }
    }

    async _isOpen() {
        const info = await this._quietly(getInfo(this.id));
        return info?.utilityVisible;
    }

    // A utility that is being torn down rejects; nothing depends on it.
    async _quietly(promise) {
        try {
            return await promise;
        } catch {
            return undefined;
        }
    }
}
