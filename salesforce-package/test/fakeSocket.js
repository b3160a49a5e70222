/** A WebSocket whose other end is the test. */
class FakeSocket {
    static all = [];

    static get last() {
        return FakeSocket.all.at(-1);
    }

    sent = [];
    closed = false;

    constructor(url, protocol) {
        Object.assign(this, { url, protocol });
        FakeSocket.all.push(this);
    }

    send(text) {
        this.sent.push(JSON.parse(text));
    }

    close() {
        this.closed = true;
    }

    serverOpen() {
        this.onopen?.({});
    }

    serverSend(frame) {
        this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
    }

    serverClose(code = 1006, reason = '') {
        this.onclose?.({ code, reason });
    }

    /** Opens and welcomes. */
    serverWelcome(welcome) {
        this.serverOpen();
        this.serverSend(welcome);
    }
}

module.exports = { FakeSocket };
