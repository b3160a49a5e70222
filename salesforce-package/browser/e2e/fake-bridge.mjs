// A bridge that speaks the frame files: what the tests do not tell it, it does not know.
import fs from 'node:fs';
import path from 'node:path';
import { WebSocketServer } from 'ws';

const frames = path.resolve(import.meta.dirname, '../../../web/agent/testdata/frames');

/** @returns {object} a fresh copy of one frame file */
export function frame(name) {
    return JSON.parse(fs.readFileSync(path.join(frames, `${name}.json`), 'utf8'));
}

/** A call frame whose times are now, so that running times look real. */
export function callFrame(name, changes = {}) {
    const { call } = frame(name);
    const shift = Date.now() - Date.parse(call.endedAt ?? call.answeredAt ?? call.startedAt);
    for (const at of ['startedAt', 'answeredAt', 'endedAt']) {
        if (call[at]) {
            call[at] = new Date(Date.parse(call[at]) + shift).toISOString();
        }
    }
    return { type: 'call', call: { ...call, ...changes } };
}

export class FakeBridge {
    received = [];
    sockets = new Set();
    calls = new Map();
    refuse = null; // {code, reason}: closes instead of a welcome
    signIns = [];

    attach(server) {
        const wss = new WebSocketServer({
            server,
            path: '/agent/ws',
            handleProtocols: (offered) => offered.has('ctibridge.v1') && 'ctibridge.v1'
        });
        wss.on('connection', (socket) => {
            socket.on('message', (data) => this.receive(socket, JSON.parse(data)));
            socket.on('close', () => this.sockets.delete(socket));
        });
        return wss;
    }

    receive(socket, message) {
        this.received.push(message);
        if (message.type === 'note') {
            const { text, disposition, followUp } = message;
            this.annotate(message.call, { note: { text: text.trim(), disposition, followUp } });
        } else if (message.type === 'choose') {
            this.annotate(message.call, { chosen: message.record });
        }
        if (message.type === 'authenticate') {
            this.signIn(socket, message);
        } else if (message.type === 'dial') {
            this.dial(socket, message);
        } else if (message.request) {
            socket.send(JSON.stringify({ type: 'result', request: message.request, ok: true }));
        }
    }

    signIn(socket, message) {
        this.signIns.push(message);
        if (this.refuse) {
            socket.close(this.refuse.code, this.refuse.reason);
            return;
        }
        this.sockets.add(socket);
        const welcome = frame('server.welcome');
        welcome.calls = [...this.calls.values()];
        welcome.resume = `resume-${this.signIns.length}`;
        welcome.server.time = new Date().toISOString();
        socket.send(JSON.stringify(welcome));
    }

    dial(socket, { request, number }) {
        if (!/\d/.test(number) || number.includes('99999')) {
            const refused = { ...frame('server.result-error'), request };
            socket.send(JSON.stringify(refused));
            return;
        }
        socket.send(JSON.stringify({ ...frame('server.result-ok'), request }));
        const call = callFrame('server.call-dialing');
        call.call.party = { number, display: number };
        this.show(call);
    }

    /** Sends to every panel, as the bridge does. */
    send(message) {
        this.sockets.forEach((socket) => socket.send(JSON.stringify(message)));
    }

    show(message) {
        this.calls.set(message.call.id, message.call);
        this.send(message);
    }

    /** What stands on a call now; the frame goes out before the result, as from the bridge. */
    annotate(id, what) {
        const call = this.calls.get(id);
        this.show({ type: 'call', call: { ...call, ...what, revision: call.revision + 1 } });
    }

    reset() {
        this.calls.clear();
        this.received = [];
        const welcome = { ...frame('server.welcome'), calls: [] };
        this.send(welcome);
    }

    drop(code = 1012, reason = 'restart') {
        this.sockets.forEach((socket) => socket.close(code, reason));
    }

    of(type) {
        return this.received.filter((message) => message.type === type);
    }
}
