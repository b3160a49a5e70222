/** The whole panel on a page, with a fake line to the bridge. */
import { createElement } from 'lwc';
import { EnclosingUtilityId } from 'lightning/platformUtilityBarApi';
import CallPanel from 'c/callPanel';
import { frame } from './frames';
import { FakeSocket } from './fakeSocket';
import { flush } from './flush';

/** @returns the panel before the bridge has answered */
export async function openPanel() {
    FakeSocket.all = [];
    global.WebSocket = FakeSocket;
    const element = createElement('c-call-panel', { is: CallPanel });
    document.body.append(element);
    EnclosingUtilityId.emit('utility-1');
    await flush();
    const root = element.shadowRoot;
    return {
        element,
        root,
        text: (id) => root.querySelector(`[data-id="${id}"]`)?.textContent.trim(),
        cards: () => [...root.querySelectorAll('c-call-card')],
        line: () => FakeSocket.last,
        sent: (type) => FakeSocket.last.sent.filter((each) => each.type === type),
        async tell(...frames) {
            frames.forEach((each) => FakeSocket.last.serverSend(each));
            await flush();
        }
    };
}

/** @returns the panel, connected and without calls */
export async function connectPanel() {
    const panel = await openPanel();
    panel.line().serverOpen();
    await panel.tell({ ...frame('server.welcome'), calls: [] });
    return panel;
}
