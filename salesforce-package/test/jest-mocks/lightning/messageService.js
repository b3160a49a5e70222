// Unlike the stock stub, this one delivers.
import { createTestWireAdapter } from '@salesforce/wire-service-jest-util';

const listeners = [];

export const APPLICATION_SCOPE = Symbol('APPLICATION_SCOPE');
export const MessageContext = createTestWireAdapter(jest.fn());
export const publish = jest.fn((context, channel, message) =>
    listeners.filter((each) => each.channel === channel).forEach((each) => each.listener(message))
);
export const subscribe = jest.fn((context, channel, listener) => {
    listeners.push({ channel, listener });
});
export const forget = () => listeners.splice(0);
