import { LightningElement, api } from 'lwc';
import { labels } from 'c/phoneLabels';

/**
 * The agent's telephone for the day, where telephones are shared; nothing where
 * there is no choice. Fires `choose` with `{id}`, empty to give it back.
 */
export default class DeviceChoice extends LightningElement {
    /** The settings as the bridge sends them. */
    @api settings;

    labels = labels;

    get devices() {
        return this.settings?.devices ?? [];
    }

    get hasChoice() {
        return this.devices.length > 0;
    }

    get isNone() {
        return !this.settings?.device;
    }

    get options() {
        const links = new Set(this.devices.map(({ link }) => link));
        return this.devices.map(({ id, link, extension }) => ({
            id,
            label: links.size > 1 ? `${extension} (${link})` : extension,
            selected: id === this.settings.device
        }));
    }

    handleChange({ target }) {
        this.dispatchEvent(new CustomEvent('choose', { detail: { id: target.value } }));
    }
}
