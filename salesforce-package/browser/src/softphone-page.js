/**
 * The bridge's page /softphone: the panel alone. It also dials for /dial pages
 * of the same browser, which ask over a BroadcastChannel.
 */
import { createCallPanel } from './softphone.js';

const ticketUrl = document.querySelector('meta[name="ticket-url"]')?.content;

window.phoneHost = {
    async apex() {
        if (!ticketUrl) {
            throw new Error('This page cannot sign you in: open the phone in Salesforce.');
        }
        const response = await fetch(ticketUrl, {
            method: 'POST',
            signal: AbortSignal.timeout(10000)
        });
        if (!response.ok) {
            throw new Error('No sign-in was given to this page.');
        }
        return { ticket: await response.text(), bridgeUrl: location.origin };
    },
    navigate() {
        // Not acknowledged, so that the bridge asks a tab that can.
        throw new Error('This page has no records to open.');
    }
};

const panel = createCallPanel();
document.getElementById('panel').append(panel);

const channel = new BroadcastChannel('ctibridge');
const name = crypto.randomUUID();
channel.onmessage = async ({ data }) => {
    if (data.ask === 'phone' && panel.connected) {
        channel.postMessage({ phone: name });
    } else if (data.dial && data.phone === name) {
        channel.postMessage({ dialled: data.request, ok: await panel.dial(data.dial) });
    }
};
