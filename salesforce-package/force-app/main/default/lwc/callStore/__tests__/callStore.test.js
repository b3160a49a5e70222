import { CallStore, ENDED_FOR, TALKED_FOR } from 'c/callStore';
import { callOf, frame } from 'test/frames';

let now;
let store;

beforeEach(() => {
    now = Date.parse('2026-11-21T09:00:00.000Z');
    store = new CallStore(() => now);
});

const ids = () => store.calls.map(({ id }) => id);

it('keeps the newest revision of a call', () => {
    const first = callOf('server.call-ringing-pending');
    const second = callOf('server.call-ringing-unknown', { revision: 2 });
    expect(store.put(second)).toBeNull();
    expect(store.put(first)).toBeUndefined();
    expect(store.put({ ...second })).toBeUndefined();
    expect(store.put({ ...second, revision: 3 })).toBe(second);
    expect(store.calls[0].matches).toEqual([]);
});

it('replaces everything by a welcome', () => {
    store.put(callOf('server.call-ringing-several', { revision: 9 }));
    store.put(callOf('server.call-ringing-known', { revision: 9 }));
    const { calls, server } = frame('server.welcome');
    store.replaceAll(calls, server.time);
    expect(store.calls).toEqual(calls);
});

it('runs on the bridge’s clock', () => {
    store.replaceAll([], '2026-11-21T08:00:00.000Z');
    now += 5000;
    expect(new Date(store.time).toISOString()).toBe('2026-11-21T08:00:05.000Z');
    store.replaceAll([], undefined);
    expect(store.time).toBe(now);
});

it('drops an ended call after a while and never shows it again', () => {
    const ended = callOf('server.call-ended-abandoned');
    store.put(ended);
    now += ENDED_FOR - 1;
    expect(store.expire()).toBe(false);
    now += 1;
    expect(store.expire()).toBe(true);
    expect(store.size).toBe(0);
    expect(store.put({ ...ended, revision: ended.revision + 1 })).toBeUndefined();
});

it('counts the while from the first news of the end', () => {
    const ended = callOf('server.call-ended-abandoned');
    store.put(ended);
    now += ENDED_FOR - 1;
    store.put({ ...ended, revision: ended.revision + 1 });
    now += 1;
    expect(store.expire()).toBe(true);
});

it('keeps an ended call while the agent is busy with it, and a while longer', () => {
    store.put(callOf('server.call-ended-abandoned', { id: 'c-1' }));
    store.keep('c-1');
    now += 10 * ENDED_FOR;
    expect(store.expire()).toBe(false);
    store.keep(null);
    expect(store.expire()).toBe(false);
    now += ENDED_FOR;
    expect(store.expire()).toBe(true);
});

it('keeps an answered call longer: something may be written on it', () => {
    store.put(callOf('server.call-ended-hangup'));
    now += TALKED_FOR - 1;
    expect(store.expire()).toBe(false);
    now += 1;
    expect(store.expire()).toBe(true);
});

describe('a call that somebody is at work in', () => {
    const holds = (id) => id === 'c-1';

    it('does not expire', () => {
        store.put(callOf('server.call-ended-abandoned', { id: 'c-1' }));
        now += TALKED_FOR;
        expect(store.expire(holds)).toBe(false);
        expect(store.expire()).toBe(true);
    });

    it('stays as an ended one where the bridge has it no more', () => {
        const { server } = frame('server.welcome');
        store.put(callOf('server.call-connected-probable', { id: 'c-1' }));
        store.put(callOf('server.call-held', { id: 'c-2' }));
        store.replaceAll([], server.time, holds);
        expect(store.calls).toHaveLength(1);
        expect(store.calls[0]).toMatchObject({
            id: 'c-1',
            state: 'ended',
            endReason: 'hangup',
            endedAt: server.time,
            actions: []
        });
        now += TALKED_FOR;
        expect(store.expire()).toBe(true);
    });

    it('is what the bridge says where the bridge has it, whatever its revision', () => {
        const call = callOf('server.call-connected-probable', { id: 'c-1', revision: 9 });
        store.put(call);
        const known = callOf('server.call-held', { id: 'c-1', revision: 1 });
        store.replaceAll([known], undefined, holds);
        expect(store.calls).toEqual([known]);
        now += TALKED_FOR;
        expect(store.expire()).toBe(false);
    });

    it('stays while mouse or keyboard is in it, if it had ended', () => {
        const ended = callOf('server.call-ended-hangup', { id: 'c-1' });
        store.put(ended);
        store.keep('c-1');
        store.replaceAll([], undefined);
        expect(store.calls).toEqual([ended]);
        store.put(callOf('server.call-held', { id: 'c-2' }));
        store.keep('c-2');
        store.replaceAll([], undefined);
        expect(store.calls).toEqual([]);
    });
});

it('puts what rings first and what ended last', () => {
    store.put(callOf('server.call-ended-hangup'));
    store.put(callOf('server.call-held'));
    store.put(callOf('server.call-ringing-several'));
    store.put(callOf('server.call-ringing-unknown'));
    expect(ids()).toEqual(['c-3', 'c-2', 'c-6', 'c-1']);
});

it('shows a choice before the bridge confirms it', () => {
    store.put(callOf('server.call-ringing-several'));
    store.choose('c-2', { object: 'Lead', id: '00Q000000000001AAA' });
    store.choose('gone', { object: 'Lead', id: '00Q000000000001AAA' });
    expect(store.calls[0].chosen.id).toBe('00Q000000000001AAA');
});

it('remembers a bounded number of removed calls', () => {
    for (let i = 0; i < 150; i++) {
        store.put(callOf('server.call-ended-hangup', { id: `c-${i}` }));
        store.remove(`c-${i}`);
    }
    expect(store.put(callOf('server.call-ended-hangup', { id: 'c-149' }))).toBeUndefined();
    expect(store.put(callOf('server.call-ended-hangup', { id: 'c-0' }))).toBeNull();
});

it('knows the ids of its calls', () => {
    store.put(callOf('server.call-held', { id: 'c-2' }));
    expect(store.ids).toEqual(new Set(['c-2']));
});
