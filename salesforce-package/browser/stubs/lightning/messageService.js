// Lightning Message Service within one page.
import { valueAdapter } from 'host/wire';

const channels = new Map();

export const APPLICATION_SCOPE = Symbol('APPLICATION_SCOPE');
export const MessageContext = valueAdapter(() => ({}));

export function publish(context, channel, message) {
    channels.get(channel)?.forEach((listener) => listener(message));
}

export function subscribe(context, channel, listener) {
    const listeners = channels.get(channel) ?? new Set();
    channels.set(channel, listeners.add(listener));
    return { channel, listener };
}
