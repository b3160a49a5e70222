import {
    BridgeSocket,
    BACKOFF_MAX,
    SILENCE,
    WELCOME_WITHIN,
    ANSWER_WITHIN,
    socketUrl
} from 'c/bridgeSocket';
import { browserClock } from 'c/browserClock';
import { dial, navigated } from 'c/frameCodec';
import { frame } from 'test/frames';
import { FakeSocket } from 'test/fakeSocket';
import { flush } from 'test/flush';

let states;
let frames;
let getTicket;
let socket;
let chance;

const last = () => FakeSocket.last;
const stateNames = () => states.map(({ name }) => name);

function newSocket() {
    return new BridgeSocket({
        getTicket,
        WebSocket: FakeSocket,
        clock: { ...browserClock, random: () => chance },
        tab: { id: 'tab-1', visible: true, focused: true, console: false },
        client: { name: 'utility-bar', version: '0.1.0', language: 'de' },
        onFrame: (each) => frames.push(each),
        onState: (state) => states.push(state)
    });
}

async function welcomed() {
    socket.start();
    await flush();
    last().serverWelcome(frame('server.welcome'));
}

beforeEach(() => {
    jest.useFakeTimers();
    FakeSocket.all = [];
    states = [];
    frames = [];
    chance = 0.5;
    getTicket = jest.fn().mockResolvedValue({
        ticket: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
        bridgeUrl: 'https://cti.example.com/'
    });
    socket = newSocket();
});

afterEach(() => {
    socket.stop();
    jest.useRealTimers();
});

describe('signing in', () => {
    it('opens the bridge’s address and sends the ticket first', async () => {
        await welcomed();
        expect(last().url).toBe('wss://cti.example.com/agent/ws');
        expect(last().protocol).toBe('ctibridge.v1');
        expect(last().sent[0]).toEqual(frame('client.authenticate-ticket'));
        expect(stateNames()).toEqual(['connecting', 'connected']);
        expect(frames.map(({ type }) => type)).toEqual(['welcome']);
    });

    it('resumes without Salesforce after a restart of the bridge', async () => {
        await welcomed();
        last().serverClose(1012, 'restart');
        jest.advanceTimersByTime(250);
        await flush();
        last().serverOpen();
        expect(last().sent[0].resume).toBe(frame('server.welcome').resume);
        expect(last().sent[0].ticket).toBeUndefined();
        expect(getTicket).toHaveBeenCalledTimes(1);
    });

    it('takes a new ticket at once when the resume token is void', async () => {
        await welcomed();
        last().serverClose(1006);
        jest.advanceTimersByTime(250);
        await flush();
        last().serverOpen();
        last().serverClose(4401, 'expired');
        await flush();
        last().serverOpen();
        expect(last().sent[0].ticket).toBeDefined();
        expect(getTicket).toHaveBeenCalledTimes(2);
    });

    it('waits before another ticket when a ticket was refused', async () => {
        socket.start();
        await flush();
        last().serverOpen();
        last().serverClose(4401, 'expired');
        await flush();
        expect(FakeSocket.all).toHaveLength(1);
        expect(states.at(-1)).toMatchObject({ name: 'waiting', code: 4401, reason: 'expired' });
        jest.advanceTimersByTime(250);
        await flush();
        expect(getTicket).toHaveBeenCalledTimes(2);
    });

    it('asks seldom when only an administrator can help', async () => {
        chance = 0;
        socket.start();
        await flush();
        last().serverOpen();
        last().serverClose(4401, 'org');
        jest.advanceTimersByTime(BACKOFF_MAX / 2 - 1);
        await flush();
        expect(FakeSocket.all).toHaveLength(1);
        jest.advanceTimersByTime(1);
        await flush();
        expect(FakeSocket.all).toHaveLength(2);
    });

    it.each([4403, 4409])('does not come back by itself after %d', async (code) => {
        socket.start();
        await flush();
        last().serverOpen();
        last().serverClose(code, 'why');
        jest.advanceTimersByTime(10 * BACKOFF_MAX);
        socket.tabChanged({ visible: true, focused: false });
        await flush();
        expect(FakeSocket.all).toHaveLength(1);
        expect(states.at(-1)).toMatchObject({ name: 'stopped', code, reason: 'why' });
        socket.start();
        await flush();
        expect(FakeSocket.all).toHaveLength(2);
    });

    it('says so when Salesforce gives no ticket', async () => {
        getTicket.mockRejectedValue({ body: { message: 'No access to the class.' } });
        socket.start();
        await flush();
        expect(states.at(-1)).toMatchObject({ cause: 'ticket', reason: 'No access to the class.' });
    });

    it('survives a constructor that throws', async () => {
        socket.stop();
        socket = newSocket();
        jest.spyOn(FakeSocket.all, 'push').mockImplementation(() => {
            throw new DOMException('mixed content', 'SecurityError');
        });
        socket.start();
        await flush();
        expect(states.at(-1)).toMatchObject({ name: 'waiting', cause: 'refused' });
    });

    it('gives up an attempt without welcome', async () => {
        socket.start();
        await flush();
        jest.advanceTimersByTime(WELCOME_WITHIN);
        expect(last().closed).toBe(true);
        expect(states.at(-1)).toMatchObject({ name: 'waiting', cause: 'unreachable' });
    });
});

describe('coming back', () => {
    it('waits twice as long each time, at most 30 s, by full jitter', async () => {
        chance = 0.999999;
        socket.start();
        await flush();
        const waits = [];
        for (let i = 0; i < 9; i++) {
            const from = Date.now();
            last().serverClose();
            const attempts = FakeSocket.all.length;
            while (FakeSocket.all.length === attempts) {
                jest.advanceTimersToNextTimer();
                // eslint-disable-next-line no-await-in-loop -- attempts follow each other
                await flush();
            }
            waits.push(Math.round((Date.now() - from) / 500) * 500);
        }
        expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    });

    it('does not hammer a bridge that welcomes and drops', async () => {
        chance = 0.999999;
        await welcomed();
        last().serverClose();
        jest.advanceTimersByTime(500);
        await flush();
        last().serverWelcome(frame('server.welcome'));
        last().serverClose();
        jest.advanceTimersByTime(900);
        await flush();
        expect(FakeSocket.all).toHaveLength(2);
    });

    it('reconnects after 60 s without a frame', async () => {
        await welcomed();
        jest.advanceTimersByTime(SILENCE - 1);
        last().serverSend(frame('server.ping'));
        jest.advanceTimersByTime(SILENCE - 1);
        expect(states.at(-1).name).toBe('connected');
        jest.advanceTimersByTime(1);
        expect(last().closed).toBe(true);
        expect(states.at(-1)).toMatchObject({ name: 'waiting', cause: 'silence' });
    });

    it('notices the silence when a throttled tab wakes', async () => {
        await welcomed();
        jest.setSystemTime(Date.now() + SILENCE); // the clock went on, the timers slept
        socket.tabChanged({ visible: true, focused: true });
        expect(states.at(-1)).toMatchObject({ cause: 'silence' });
    });

    it('tries at once when the tab wakes or goes online', async () => {
        chance = 0.999999;
        socket.start();
        await flush();
        last().serverClose();
        socket.tabChanged({ visible: true, focused: true });
        await flush();
        expect(FakeSocket.all).toHaveLength(2);
    });

    it('hears nothing of a line that was given up', async () => {
        await welcomed();
        const old = last();
        jest.advanceTimersByTime(SILENCE);
        frames.length = 0;
        old.serverSend(frame('server.call-ringing-known'));
        old.serverClose(4403, 'late');
        expect(frames).toEqual([]);
        expect(states.at(-1).name).toBe('waiting');
    });

    it('drops a ticket that comes after the panel has gone', async () => {
        let give;
        getTicket.mockReturnValue(new Promise((resolve) => (give = resolve)));
        socket.start();
        socket.stop();
        give({ ticket: 'late', bridgeUrl: 'https://cti.example.com' });
        await flush();
        expect(FakeSocket.all).toHaveLength(0);
    });
});

describe('sending', () => {
    it('tells of the tab only when something changed', async () => {
        await welcomed();
        socket.tabChanged({ visible: true, focused: true });
        socket.tabChanged({ visible: false, focused: false });
        expect(last().sent.slice(1)).toEqual([frame('client.tab')]);
    });

    it('resolves a request with its result', async () => {
        await welcomed();
        const result = socket.request(dial('+493023125101'));
        const { request } = last().sent.at(-1);
        last().serverSend({ ...frame('server.result-ok'), request: 'of another' });
        last().serverSend({ ...frame('server.result-ok'), request });
        await expect(result).resolves.toMatchObject({ ok: true, call: 'c-7' });
    });

    it('rejects a request with the bridge’s words', async () => {
        await welcomed();
        const result = socket.request(dial('x'));
        const { request } = last().sent.at(-1);
        last().serverSend({ ...frame('server.result-error'), request });
        await expect(result).rejects.toEqual(frame('server.result-error').error);
    });

    it('gives up after 10 s without a result', async () => {
        await welcomed();
        const result = socket.request(dial('1002'));
        jest.advanceTimersByTime(ANSWER_WITHIN);
        await expect(result).rejects.toEqual({ code: 'timeout' });
    });

    it('sends the same request again after a reconnect', async () => {
        await welcomed();
        const result = socket.request(dial('1002'));
        const sent = last().sent.at(-1);
        last().serverClose();
        jest.advanceTimersByTime(250);
        await flush();
        last().serverWelcome(frame('server.welcome'));
        expect(last().sent.at(-1)).toEqual(sent);
        last().serverSend({ ...frame('server.result-ok'), request: sent.request });
        await expect(result).resolves.toMatchObject({ ok: true });
    });

    it('does not keep anything while there is no line', async () => {
        expect(socket.send(navigated('p-1'))).toBe(false);
        await expect(socket.request(dial('1002'))).rejects.toEqual({ code: 'notConnected' });
    });

    it('answers everybody who waits when it is stopped', async () => {
        await welcomed();
        const result = socket.request(dial('1002'));
        socket.stop();
        await expect(result).rejects.toEqual({ code: 'notConnected' });
    });
});

it.each([
    ['https://cti.example.com', 'wss://cti.example.com/agent/ws'],
    ['https://cti.example.com/base/', 'wss://cti.example.com/base/agent/ws'],
    ['http://127.0.0.1:8080', 'ws://127.0.0.1:8080/agent/ws'],
    ['ws://127.0.0.1:8080/agent/ws', 'ws://127.0.0.1:8080/agent/ws']
])('%s has its WebSocket at %s', (bridgeUrl, want) => {
    expect(socketUrl(bridgeUrl)).toBe(want);
});
